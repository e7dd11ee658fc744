// Text that is added to programs that compute without telling what: values for buffers that have none, and
// lines that print a result, so that it can be compared with the CPU's (reference.ts).

/** Values that conversions round and truncate. */
export const fillSource = `std::vector<Ts> in(nelems);
  for (int i = 0; i < nelems; i++) in[i] = static_cast<Ts>(0.1f * (i % 1000));
  cudaMemcpy(src, in.data(), nelems * sizeof(Ts), cudaMemcpyHostToDevice);
`;

/** A sum in which each result has a weight. */
export const readBack = `std::vector<Td> out(nelems);
  cudaMemcpy(out.data(), dst, nelems * sizeof(Td), cudaMemcpyDeviceToHost);
  double sum = 0;
  for (int i = 0; i < nelems; i++) sum += (1 + i % 7) * double(float(out[i]));
  printf("converted %.6f\\n", sum);
`;

/** A hash of a code. */
export const codeSum = `unsigned long sum = 14695981039346656037UL;
    for (size_t i = 0; i < bufSize * m; i++) sum = (sum ^ (unsigned char)code[i]) * 1099511628211UL;
    printf("code %lu\\n", sum % 1000000007);
`;

/** What the arrays hold at the end, by the program's own kernel. */
export const dots = `std::cout << "dot " << std::setprecision(12) << dot(da, db, dsum, sums) << "\\n"
    << "dot " << dot(da, dc, dsum, sums) << "\\n" << std::setprecision(ss);
`;

/** Values, biases and scales. */
export const fillBuffers = `std::vector<T1> from(m * 3 * hidden_units);
  std::vector<T2> with(bias_size);
  for (size_t i = 0; i < from.size(); i++) from[i] = T1(0.25f * (i % 61) - 7.0f);
  for (size_t i = 0; i < with.size(); i++) with[i] = T2(0.125f * (i % 37) - 2.0f);
  const float scales[] = {0.75f, 1.5f};
  cudaMemcpy(qkv_buf, from.data(), from.size() * sizeof(T1), cudaMemcpyHostToDevice);
  cudaMemcpy(bias, with.data(), with.size() * sizeof(T2), cudaMemcpyHostToDevice);
  cudaMemcpy(oscale, &scales[0], sizeof(float), cudaMemcpyHostToDevice);
  cudaMemcpy(oscale_inv, &scales[1], sizeof(float), cudaMemcpyHostToDevice);
`;

/** A sum in which each result has a weight. */
export const readBiased = `cudaMemcpy(from.data(), q_buf, from.size() * sizeof(T1), cudaMemcpyDeviceToHost);
  double sum = 0;
  for (size_t i = 0; i < from.size(); i++) sum += (1 + i % 97) * double(float(from[i]));
  printf("biased %.3f\\n", sum);
`;

/** The bodies at the end. */
export const bodies = 'for (int i = 0; i < 8 * nBodies; i++) printf("body %f\\n", buf[i]);\n';
