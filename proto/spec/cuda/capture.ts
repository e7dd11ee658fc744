// Chapter "Stream Management, Stream Memory Operations": block 0x1a00.
// Rows of class `device`: the software device has them and the shim does not. A call that crosses gets a row
// with its wire form instead. Captures are the shim's own.

import { deviceRows, localRows } from '../dsl.ts';

const localRow = localRows('CUDA Driver API: Stream Management');
const row = deviceRows('CUDA Driver API: Stream Management, Stream Memory Operations');

export const captures = {
    cuStreamBeginCaptureToGraph: localRow(
        0x1a00,
        12030,
        {
            hStream: 'CUstream',
            hGraph: 'CUgraph',
            dependencies: 'const CUgraphNode*',
            dependencyData: 'const CUgraphEdgeData*',
            numDependencies: 'size_t',
            mode: 'CUstreamCaptureMode',
        },
        'Captures what follows in the stream into a graph that exists.',
        'ptsz',
    ),
    cuStreamUpdateCaptureDependencies_v2: localRow(
        0x1a01,
        12030,
        {
            hStream: 'CUstream',
            dependencies: 'CUgraphNode*',
            dependencyData: 'const CUgraphEdgeData*',
            numDependencies: 'size_t',
            flags: 'unsigned int',
        },
        'What the next captured node will depend on.',
        'ptsz',
    ),
    cuStreamSetAttribute: row(
        0x1a02,
        11000,
        { hStream: 'CUstream', attr: 'CUstreamAttrID', param: 'const CUstreamAttrValue*' },
        'Sets one attribute of a stream.',
        'ptsz',
    ),
    cuStreamGetAttribute: row(
        0x1a03,
        11000,
        { hStream: 'CUstream', attr: 'CUstreamAttrID', value: 'CUstreamAttrValue*' },
        'One attribute of a stream.',
        'ptsz',
    ),
    cuStreamCopyAttributes: row(
        0x1a04,
        11000,
        { dstStream: 'CUstream', srcStream: 'CUstream' },
        'Copies the attributes of one stream to another.',
        'ptsz',
    ),
    cuStreamWaitValue32_v2: row(
        0x1a05,
        11070,
        { stream: 'CUstream', addr: 'CUdeviceptr', value: 'cuuint32_t', flags: 'unsigned int' },
        'Lets a stream wait for a value of 32 bits in memory.',
        'ptsz',
    ),
    cuStreamWaitValue64_v2: row(
        0x1a06,
        11070,
        { stream: 'CUstream', addr: 'CUdeviceptr', value: 'cuuint64_t', flags: 'unsigned int' },
        'Lets a stream wait for a value of 64 bits in memory.',
        'ptsz',
    ),
    cuStreamWriteValue32_v2: row(
        0x1a07,
        11070,
        { stream: 'CUstream', addr: 'CUdeviceptr', value: 'cuuint32_t', flags: 'unsigned int' },
        'Writes 32 bits at this point of a stream.',
        'ptsz',
    ),
    cuStreamWriteValue64_v2: row(
        0x1a08,
        11070,
        { stream: 'CUstream', addr: 'CUdeviceptr', value: 'cuuint64_t', flags: 'unsigned int' },
        'Writes 64 bits at this point of a stream.',
        'ptsz',
    ),
    cuStreamBatchMemOp_v2: row(
        0x1a09,
        11070,
        {
            stream: 'CUstream',
            count: 'unsigned int',
            paramArray: 'CUstreamBatchMemOpParams*',
            flags: 'unsigned int',
        },
        'Several waits for and writes of values.',
        'ptsz',
    ),
} as const;
