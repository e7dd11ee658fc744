// The kernels that bench/soft times, as a CUDA programmer writes them before tuning. reference.inc has the
// same work as plain loops.

// out[i] = a[i] + b[i]
extern "C" __global__ void vadd(const float* a, const float* b, float* out, int count) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) out[i] = a[i] + b[i];
}

// c = a * b of n x n, one thread an element.
extern "C" __global__ void sgemm(const float* a, const float* b, float* c, int n) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x;
    const int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= n || y >= n) return;
    float sum = 0;
    for (int k = 0; k < n; ++k) sum += a[y * n + k] * b[k * n + x];
    c[y * n + x] = sum;
}

// sums[block] = the sum of the block's elements: a grid-strided pass, then a tree in shared memory.
extern "C" __global__ void reduce(const float* in, float* sums, int count) {
    __shared__ float part[256];
    float sum = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) sum += in[i];
    part[threadIdx.x] = sum;
    __syncthreads();
    for (int step = 128; step > 0; step /= 2) {
        if (threadIdx.x < step) part[threadIdx.x] += part[threadIdx.x + step];
        __syncthreads();
    }
    if (threadIdx.x == 0) sums[blockIdx.x] = part[0];
}

// rounds[pixel] = iterations until |z| > 2, at most `limit`.
extern "C" __global__ void mandelbrot(int* rounds, int wide, int high, int limit) {
    const int px = blockIdx.x * blockDim.x + threadIdx.x;
    const int py = blockIdx.y * blockDim.y + threadIdx.y;
    if (px >= wide || py >= high) return;
    const float cx = -2.0f + 3.0f * px / wide;
    const float cy = -1.25f + 2.5f * py / high;
    float x = 0, y = 0;
    int round = 0;
    while (round < limit && x * x + y * y <= 4.0f) {
        const float next = x * x - y * y + cx;
        y = 2.0f * x * y + cy;
        x = next;
        ++round;
    }
    rounds[py * wide + px] = round;
}

// Accelerations of all bodies by all others; bodies are {x, y, z, mass}, read in tiles of a block.
extern "C" __global__ void nbody(const float4* bodies, float4* accelerations, int count) {
    __shared__ float4 tile[256];
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    const float4 own = bodies[i];
    float ax = 0, ay = 0, az = 0;
    for (int first = 0; first < count; first += blockDim.x) {
        tile[threadIdx.x] = bodies[first + threadIdx.x];
        __syncthreads();
        for (int k = 0; k < blockDim.x; ++k) {
            const float4 other = tile[k];
            const float dx = other.x - own.x, dy = other.y - own.y, dz = other.z - own.z;
            const float inverse = rsqrtf(dx * dx + dy * dy + dz * dz + 0.01f);
            const float pull = other.w * inverse * inverse * inverse;
            ax += dx * pull;
            ay += dy * pull;
            az += dz * pull;
        }
        __syncthreads();
    }
    accelerations[i] = make_float4(ax, ay, az, 0);
}

// Adds the counts of the values' low 8 bits to bins[256], by way of a histogram in shared memory.
extern "C" __global__ void histogram(const unsigned* values, unsigned* bins, int count) {
    __shared__ unsigned own[256];
    own[threadIdx.x] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
        atomicAdd(&own[values[i] & 255], 1u);
    }
    __syncthreads();
    atomicAdd(&bins[threadIdx.x], own[threadIdx.x]);
}

// Inclusive prefix sums of each block's 256 elements, with warp shuffles.
extern "C" __global__ void scan(const int* in, int* out) {
    __shared__ int totals[8];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    int value = in[blockIdx.x * 256 + threadIdx.x];
    for (int step = 1; step < 32; step *= 2) {
        const int other = __shfl_up_sync(~0u, value, step);
        if (lane >= step) value += other;
    }
    if (lane == 31) totals[warp] = value;
    __syncthreads();
    for (int w = 0; w < warp; ++w) value += totals[w];
    out[blockIdx.x * 256 + threadIdx.x] = value;
}

// A step of heat flow on n x n: the mean of the four neighbours; the border stays.
extern "C" __global__ void stencil(const float* in, float* out, int n) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x;
    const int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x < 1 || y < 1 || x >= n - 1 || y >= n - 1) return;
    const int at = y * n + x;
    out[at] = 0.25f * (in[at - 1] + in[at + 1] + in[at - n] + in[at + n]);
}

extern "C" __global__ void nothing() {}
