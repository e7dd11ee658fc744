// The ChaCha20 stream cipher: rotations, byte loads and stores, every thread one block of key stream.
// Run by test/e2e as `chacha SEED [BYTES]`. The key stream of RFC 8439, 2.3.2 is checked first, then random
// data.
#include "../common.h"

struct State {
    unsigned words[16];
};

__host__ __device__ inline unsigned rotate(unsigned x, int bits) { return x << bits | x >> (32 - bits); }

__host__ __device__ inline void quarter(unsigned* x, int a, int b, int c, int d) {
    x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 16);
    x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 12);
    x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 8);
    x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 7);
}

__host__ __device__ inline void key_block(const State& state, unsigned counter, unsigned char* out) {
    unsigned x[16];
    for (int i = 0; i < 16; ++i) x[i] = state.words[i];
    x[12] += counter;
    for (int round = 0; round < 10; ++round) {
        for (int i = 0; i < 4; ++i) quarter(x, i, 4 + i, 8 + i, 12 + i);
        for (int i = 0; i < 4; ++i) quarter(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    for (int i = 0; i < 16; ++i) {
        const unsigned word = x[i] + state.words[i] + (i == 12 ? counter : 0);
        for (int byte = 0; byte < 4; ++byte) out[4 * i + byte] = (unsigned char)(word >> 8 * byte);
    }
}

__global__ void encrypt(State state, const unsigned char* plain, unsigned char* cipher, int size) {
    const unsigned block = blockIdx.x * blockDim.x + threadIdx.x;
    unsigned char key[64];
    if (block * 64 >= size) return;
    key_block(state, block, key);
    for (int i = 0; i < 64 && block * 64 + i < size; ++i)
        cipher[block * 64 + i] = plain[block * 64 + i] ^ key[i];
}

static State make_state(const unsigned char* key, const unsigned* nonce, unsigned counter) {
    State state = {{0x61707865, 0x3320646E, 0x79622D32, 0x6B206574}};
    for (int i = 0; i < 32; ++i) state.words[4 + i / 4] |= unsigned(key[i]) << 8 * (i % 4);
    state.words[12] = counter;
    for (int i = 0; i < 3; ++i) state.words[13 + i] = nonce[i];
    return state;
}

static std::vector<unsigned char> on_device(const State& state, const std::vector<unsigned char>& plain) {
    guest::DeviceArray<unsigned char> device_plain(plain), device_cipher(plain.size());
    const int blocks = int(plain.size() + 63) / 64;
    encrypt<<<(blocks + 31) / 32, 32>>>(state, device_plain.data(), device_cipher.data(), int(plain.size()));
    CUDA_OK(cudaGetLastError());
    return device_cipher.download();
}

int main(int argc, char** argv) {
    guest::Run run("chacha", argc, argv);
    unsigned char key[32];
    for (int i = 0; i < 32; ++i) key[i] = (unsigned char)i;
    const unsigned rfc_nonce[3] = {0x09000000, 0x4A000000, 0};
    const unsigned char rfc_start[8] = {0x10, 0xF1, 0xE7, 0xE4, 0xD1, 0x3B, 0x59, 0x15};
    const auto rfc = on_device(make_state(key, rfc_nonce, 1), std::vector<unsigned char>(64, 0));
    for (int i = 0; i < 8; ++i) run.compare("RFC 8439 byte", i, rfc_start[i], rfc[i]);

    for (unsigned char& byte : key) byte = (unsigned char)run.random.next();
    const unsigned nonce[3] = {unsigned(run.random.next()), unsigned(run.random.next()),
                               unsigned(run.random.next())};
    std::vector<unsigned char> plain(run.size(0, 20011)), expected(plain.size() + 64);
    const State state = make_state(key, nonce, unsigned(run.random.next()));
    for (std::size_t i = 0; i < plain.size(); i += 64) key_block(state, unsigned(i / 64), &expected[i]);
    expected.resize(plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i) {
        plain[i] = (unsigned char)run.random.next();
        expected[i] ^= plain[i];
    }
    const auto cipher = on_device(state, plain);
    run.compare_all("cipher byte", expected, cipher);
    run.compare_all("deciphered byte", plain, on_device(state, cipher));
    return run.finish();
}
