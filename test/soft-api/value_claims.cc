// Claims about values in memory that streams write and wait for.
#include <atomic>
#include <thread>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;

namespace {

CUstream make_stream() {
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    return stream;
}

// Whether a wait of the first stream is over as soon as the second one has written `after`, and not with
// `before`.
void expect_wait(CUdeviceptr word, std::uint32_t wanted, unsigned flags, std::uint32_t before,
                 std::uint32_t after) {
    const CUstream waits = make_stream();
    const CUstream writes = make_stream();
    MUST(cuStreamWriteValue32_v2(writes, word, before, CU_STREAM_WRITE_VALUE_DEFAULT));
    MUST(cuStreamSynchronize(writes));
    MUST(cuStreamWaitValue32_v2(waits, word, wanted, flags));
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    EXPECT_IS(cuStreamQuery(waits), CUDA_ERROR_NOT_READY);
    MUST(cuStreamWriteValue32_v2(writes, word, after, CU_STREAM_WRITE_VALUE_NO_MEMORY_BARRIER));
    MUST(cuStreamSynchronize(waits));
    MUST(cuStreamDestroy_v2(waits));
    MUST(cuStreamDestroy_v2(writes));
}

CUstreamBatchMemOpParams wait_for(CUdeviceptr word, std::uint32_t value) {
    CUstreamBatchMemOpParams operation{};
    operation.waitValue = {CU_STREAM_MEM_OP_WAIT_VALUE_32, word, {value}, CU_STREAM_WAIT_VALUE_EQ, 0};
    return operation;
}

CUstreamBatchMemOpParams write_of(CUdeviceptr word, std::uint32_t value) {
    CUstreamBatchMemOpParams operation{};
    operation.writeValue = {CU_STREAM_MEM_OP_WRITE_VALUE_32, word, {value}, CU_STREAM_WRITE_VALUE_DEFAULT, 0};
    return operation;
}

}  // namespace

CLAIM("a stream waits for a value in each of the four ways, and other streams go on") {
    begin();
    const CUdeviceptr word = claims::zeroed_words(2);
    expect_wait(word, 7, CU_STREAM_WAIT_VALUE_EQ, 6, 7);
    expect_wait(word, 7, CU_STREAM_WAIT_VALUE_GEQ, 6, 9);
    expect_wait(word, 2, CU_STREAM_WAIT_VALUE_GEQ, 0xffff'fff0, 3);
    expect_wait(word, 6, CU_STREAM_WAIT_VALUE_AND, 9, 4);
    expect_wait(word, 0xffff'ff00, CU_STREAM_WAIT_VALUE_NOR, 0xff, 0x7f);
    const CUstream stream = make_stream();
    const std::uint64_t large = std::uint64_t{1} << 40;
    MUST(cuStreamWriteValue64_v2(stream, word, large, CU_STREAM_WRITE_VALUE_DEFAULT));
    MUST(cuStreamWaitValue64_v2(stream, word, large - 1, CU_STREAM_WAIT_VALUE_GEQ));
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(claims::read_words(word, 2)[1], 256U);
}

CLAIM("the host and kernels end a wait, and what is behind it comes after it") {
    begin();
    const CUfunction add = claims::kernel(claims::load_kernels(), "add_one");
    const CUdeviceptr words = claims::zeroed_words(4);
    volatile std::uint32_t* flag = claims::pinned_word();
    const auto flag_address = static_cast<CUdeviceptr>(reinterpret_cast<std::uintptr_t>(flag));
    const CUstream stream = make_stream();
    const CUstream other = make_stream();
    unsigned count = 4;
    CUdeviceptr target = words;
    MUST(cuStreamWaitValue32_v2(stream, flag_address, 1, CU_STREAM_WAIT_VALUE_GEQ));
    MUST(claims::launch(add, 1, 4, {&target, &count}, stream));
    MUST(cuStreamWaitValue32_v2(other, words + 12, 1, CU_STREAM_WAIT_VALUE_EQ));
    MUST(cuStreamWriteValue32_v2(other, words, 90, CU_STREAM_WRITE_VALUE_DEFAULT));
    EXPECT_IS(claims::read_words(words, 4)[0], 0U);
    *flag = 1;
    MUST(cuStreamSynchronize(other));
    EXPECT_IS(claims::read_words(words, 4)[0], 90U);
}

CLAIM("a batch of operations runs in order, in a stream and as a node of a graph") {
    begin();
    const CUdeviceptr words = claims::zeroed_words(4);
    const CUstream stream = make_stream();
    CUstreamBatchMemOpParams batch[] = {write_of(words, 5), wait_for(words + 4, 6), write_of(words + 8, 7)};
    MUST(cuStreamBatchMemOp_v2(stream, 3, batch, 0));
    while (claims::read_words(words, 1)[0] != 5) std::this_thread::yield();
    EXPECT_IS(claims::read_words(words, 4)[2], 0U);
    MUST(cuMemsetD32_v2(words + 4, 6, 1));
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(claims::read_words(words, 4)[2], 7U);

    CUgraph graph = nullptr;
    MUST(cuGraphCreate(&graph, 0));
    CUDA_BATCH_MEM_OP_NODE_PARAMS params{nullptr, 3, batch, 0};
    MUST(cuCtxGetCurrent(&params.ctx));
    CUgraphNode node = nullptr;
    MUST(cuGraphAddBatchMemOpNode(&node, graph, nullptr, 0, &params));
    CUgraphExec exec = nullptr;
    MUST(cuGraphInstantiateWithFlags(&exec, graph, 0));
    MUST(cuMemsetD32_v2(words + 8, 0, 1));
    MUST(cuGraphLaunch(exec, stream));
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(claims::read_words(words, 4)[2], 7U);
    batch[2] = write_of(words + 8, 8);
    MUST(cuGraphExecBatchMemOpNodeSetParams(exec, node, &params));
    MUST(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    MUST(cuGraphLaunch(exec, stream));
    MUST(cuStreamWriteValue32_v2(stream, words + 12, 11, CU_STREAM_WRITE_VALUE_DEFAULT));
    MUST(cuStreamEndCapture(stream, &graph));
    MUST(cuGraphInstantiateWithFlags(&exec, graph, 0));
    MUST(cuGraphLaunch(exec, stream));
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(claims::read_words(words, 4)[2], 8U);
    EXPECT_IS(claims::read_words(words, 4)[3], 11U);
}

CLAIM("values at addresses the device does not have, or asked for in unknown ways, are refused") {
    begin();
    const CUdeviceptr word = claims::zeroed_words(2);
    const CUstream stream = make_stream();
    EXPECT_IS(cuStreamWaitValue32_v2(stream, word + 2, 0, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuStreamWaitValue64_v2(stream, word + 4, 0, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuStreamWriteValue32_v2(stream, 4096, 0, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuStreamWaitValue32_v2(stream, word, 0, 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuStreamWriteValue32_v2(stream, word, 0, 2), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuStreamWaitValue32_v2(stream, word, 0, CU_STREAM_WAIT_VALUE_FLUSH), CUDA_ERROR_NOT_SUPPORTED);
    CUstreamBatchMemOpParams operation = wait_for(word, 1);
    EXPECT_IS(cuStreamBatchMemOp_v2(stream, 257, &operation, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuStreamBatchMemOp_v2(stream, 1, nullptr, 0), CUDA_ERROR_INVALID_VALUE);
    operation.operation = CU_STREAM_MEM_OP_FLUSH_REMOTE_WRITES;
    EXPECT_IS(cuStreamBatchMemOp_v2(stream, 1, &operation, 0), CUDA_ERROR_NOT_SUPPORTED);
}

CLAIM("a context ends, and so does the program, though a stream waits for what nobody writes") {
    begin();
    CUcontext context = nullptr;
    MUST(cuCtxCreate_v2(&context, 0, 0));
    const CUdeviceptr word = claims::zeroed_words(2);
    const CUstream stream = make_stream();
    MUST(cuStreamWaitValue32_v2(stream, word, 1, CU_STREAM_WAIT_VALUE_EQ));
    MUST(cuStreamWaitValue32_v2(stream, word, 2, CU_STREAM_WAIT_VALUE_EQ));
    MUST(cuCtxDestroy_v2(context));
    CUcontext primary = nullptr;
    MUST(cuDevicePrimaryCtxRetain(&primary, 0));
    MUST(cuCtxSetCurrent(primary));
    MUST(cuStreamWaitValue32_v2(make_stream(), claims::zeroed_words(1), 1, CU_STREAM_WAIT_VALUE_EQ));
}
