// Kernel parameters of every size and alignment: chars, vectors, nested structs, references to arrays in
// structs, an empty list. Run by test/e2e as `struct_params SEED`.
#include "../common.h"

struct Inner {
    char tag;
    double weight;
    short small[3];
};
struct __align__(16) Outer {
    Inner inner[2];
    float4 colour;
    unsigned char bytes[5];
};

__global__ void mixed(char a, Outer outer, short b, float3 c, long long d, bool e, double* out,
                      unsigned char f, int2 g) {
    const int i = threadIdx.x;
    const double terms[16] = {double(a),
                              double(b),
                              double(c.x),
                              double(c.y),
                              double(c.z),
                              double(d),
                              double(e),
                              double(f),
                              double(g.x),
                              double(g.y),
                              double(outer.inner[i % 2].tag),
                              outer.inner[i % 2].weight,
                              double(outer.inner[1].small[i % 3]),
                              double(outer.colour.w),
                              double(outer.bytes[i % 5]),
                              double(outer.colour.y)};
    double sum = 0;
    for (int k = 0; k < 16; ++k) sum += terms[k] * (k + 1);
    out[i] = sum;
}

__device__ int touched;
__global__ void no_parameters() { atomicAdd(&touched, 1); }
__global__ void only_struct(Inner inner) { atomicAdd(&touched, inner.small[2]); }

int main(int argc, char** argv) {
    guest::Run run("struct_params", argc, argv);
    auto small = [&run] { return int(run.random.below(100)); };
    Outer outer = {};
    for (Inner& inner : outer.inner) {
        inner = {char(small()), double(small()), {short(small()), short(small()), short(small())}};
    }
    outer.colour = make_float4(float(small()), float(small()), float(small()), float(small()));
    for (unsigned char& byte : outer.bytes) byte = (unsigned char)(small() + 100);
    const char a = char(small());
    const short b = short(-small());
    const float3 c = make_float3(float(small()), float(small()), float(small()));
    const long long d = -1000000007ll * small();
    const bool e = small() % 2 == 0;
    const unsigned char f = (unsigned char)(small() + 120);
    const int2 g = make_int2(small(), -small());
    guest::DeviceArray<double> device_out(30);
    mixed<<<1, 30>>>(a, outer, b, c, d, e, device_out.data(), f, g);
    CUDA_OK(cudaGetLastError());
    const std::vector<double> out = device_out.download();
    for (int i = 0; i < 30; ++i) {
        const double terms[16] = {double(a),
                                  double(b),
                                  c.x,
                                  c.y,
                                  c.z,
                                  double(d),
                                  double(e),
                                  double(f),
                                  double(g.x),
                                  double(g.y),
                                  double(outer.inner[i % 2].tag),
                                  outer.inner[i % 2].weight,
                                  double(outer.inner[1].small[i % 3]),
                                  outer.colour.w,
                                  double(outer.bytes[i % 5]),
                                  outer.colour.y};
        double sum = 0;
        for (int k = 0; k < 16; ++k) sum += terms[k] * (k + 1);
        run.compare("sum of parameters", i, sum, out[i]);
    }
    int zero = 0, got = 0;
    CUDA_OK(cudaMemcpyToSymbol(touched, &zero, sizeof zero));
    no_parameters<<<3, 5>>>();
    only_struct<<<1, 2>>>(outer.inner[0]);
    CUDA_OK(cudaMemcpyFromSymbol(&got, touched, sizeof got));
    run.compare("touched", 0, 15 + 2 * outer.inner[0].small[2], got);
    return run.finish();
}
