// Chapter "Graph Management, execution": block 0x1900.
// The shim keeps graphs itself (proto/cudart/graphs); a launch sends the records of its nodes.

import { localRows } from '../dsl.ts';

const row = localRows('CUDA Driver API: Graph Management, execution');

export const graphExecs = {
    cuGraphInstantiate_v2: row(
        0x1900,
        11000,
        {
            phGraphExec: 'CUgraphExec*',
            hGraph: 'CUgraph',
            phErrorNode: 'CUgraphNode*',
            logBuffer: 'char*',
            bufferSize: 'size_t',
        },
        'Makes a graph executable; the log says what is wrong with which node.',
    ),
    cuGraphInstantiateWithFlags: row(
        0x1901,
        11040,
        { phGraphExec: 'CUgraphExec*', hGraph: 'CUgraph', flags: 'unsigned long long' },
        'Makes a graph executable, with flags.',
    ),
    cuGraphInstantiateWithParams: row(
        0x1902,
        12000,
        {
            phGraphExec: 'CUgraphExec*',
            hGraph: 'CUgraph',
            instantiateParams: 'CUDA_GRAPH_INSTANTIATE_PARAMS*',
        },
        'Makes a graph executable, with flags and the reason of a failure.',
        'ptsz',
    ),
    cuGraphExecDestroy: row(
        0x1903,
        10000,
        { hGraphExec: 'CUgraphExec' },
        'Ends an executable graph once it has run.',
    ),
    cuGraphExecGetFlags: row(
        0x1904,
        12000,
        { hGraphExec: 'CUgraphExec', flags: 'cuuint64_t*' },
        'The flags an executable graph was made with.',
    ),
    cuGraphLaunch: row(
        0x1905,
        10000,
        { hGraph: 'CUgraphExec', hStream: 'CUstream' },
        'Runs an executable graph, ordered by a stream.',
        'ptsz',
    ),
    cuGraphUpload: row(
        0x1906,
        11010,
        { hGraph: 'CUgraphExec', hStream: 'CUstream' },
        'Prepares an executable graph for its first run.',
        'ptsz',
    ),
    cuGraphExecUpdate_v2: row(
        0x1907,
        12000,
        { hGraphExec: 'CUgraphExec', hGraph: 'CUgraph', resultInfo: 'CUgraphExecUpdateResultInfo*' },
        'Gives an executable graph the parameters of a graph of the same shape.',
    ),
    cuGraphExecNodeSetParams: row(
        0x1908,
        12020,
        { hGraphExec: 'CUgraphExec', hNode: 'CUgraphNode', nodeParams: 'CUgraphNodeParams*' },
        'Changes what a node of an executable graph does.',
    ),
    cuGraphExecKernelNodeSetParams_v2: row(
        0x1909,
        12000,
        { hGraphExec: 'CUgraphExec', hNode: 'CUgraphNode', nodeParams: 'const CUDA_KERNEL_NODE_PARAMS*' },
        'Changes what a kernel node of an executable graph launches.',
    ),
    cuGraphExecMemcpyNodeSetParams: row(
        0x190a,
        10020,
        {
            hGraphExec: 'CUgraphExec',
            hNode: 'CUgraphNode',
            copyParams: 'const CUDA_MEMCPY3D*',
            ctx: 'CUcontext',
        },
        'Changes what a copy node of an executable graph copies.',
    ),
    cuGraphExecMemsetNodeSetParams: row(
        0x190b,
        10020,
        {
            hGraphExec: 'CUgraphExec',
            hNode: 'CUgraphNode',
            memsetParams: 'const CUDA_MEMSET_NODE_PARAMS*',
            ctx: 'CUcontext',
        },
        'Changes what a fill node of an executable graph fills.',
    ),
    cuGraphExecHostNodeSetParams: row(
        0x190c,
        10020,
        { hGraphExec: 'CUgraphExec', hNode: 'CUgraphNode', nodeParams: 'const CUDA_HOST_NODE_PARAMS*' },
        'Changes what a host node of an executable graph calls.',
    ),
    cuGraphExecChildGraphNodeSetParams: row(
        0x190d,
        11010,
        { hGraphExec: 'CUgraphExec', hNode: 'CUgraphNode', childGraph: 'CUgraph' },
        'Changes the parameters inside a child node of an executable graph.',
    ),
    cuGraphExecEventRecordNodeSetEvent: row(
        0x190e,
        11010,
        { hGraphExec: 'CUgraphExec', hNode: 'CUgraphNode', event: 'CUevent' },
        'Changes the event a node of an executable graph records.',
    ),
    cuGraphExecEventWaitNodeSetEvent: row(
        0x190f,
        11010,
        { hGraphExec: 'CUgraphExec', hNode: 'CUgraphNode', event: 'CUevent' },
        'Changes the event a node of an executable graph waits for.',
    ),
    cuGraphExecBatchMemOpNodeSetParams: row(
        0x1910,
        11070,
        { graphExec: 'CUgraphExec', node: 'CUgraphNode', nodeParams: 'const CUDA_BATCH_MEM_OP_NODE_PARAMS*' },
        'Changes what a node of an executable graph waits for and writes.',
    ),
    cuGraphNodeSetEnabled: row(
        0x1911,
        11060,
        { hGraphExec: 'CUgraphExec', hNode: 'CUgraphNode', isEnabled: 'unsigned int' },
        'Whether a node of an executable graph does anything.',
    ),
    cuGraphNodeGetEnabled: row(
        0x1912,
        11060,
        { hGraphExec: 'CUgraphExec', hNode: 'CUgraphNode', isEnabled: 'unsigned int*' },
        'Whether a node of an executable graph does anything.',
    ),
} as const;
