// Chapter "Graph Management", forms before CUDA 12.3: block 0x1c00.
// What programs ask for whose runtime is older: without the data of edges, without contexts.

import { localRows } from '../dsl.ts';

const row = localRows('CUDA Driver API: Graph Management');

const edges = {
    hGraph: 'CUgraph',
    from: 'const CUgraphNode*',
    to: 'const CUgraphNode*',
    numDependencies: 'size_t',
};
const addition = {
    phGraphNode: 'CUgraphNode*',
    hGraph: 'CUgraph',
    dependencies: 'const CUgraphNode*',
    numDependencies: 'size_t',
};

export const olderGraphs = {
    cuGraphGetEdges: row(
        0x1c00,
        10000,
        { hGraph: 'CUgraph', from: 'CUgraphNode*', to: 'CUgraphNode*', numEdges: 'size_t*' },
        'The edges of a graph, or how many there are.',
    ),
    cuGraphNodeGetDependencies: row(
        0x1c01,
        10000,
        { hNode: 'CUgraphNode', dependencies: 'CUgraphNode*', numDependencies: 'size_t*' },
        'What a node depends on, or how many there are.',
    ),
    cuGraphNodeGetDependentNodes: row(
        0x1c02,
        10000,
        { hNode: 'CUgraphNode', dependentNodes: 'CUgraphNode*', numDependentNodes: 'size_t*' },
        'What depends on a node, or how many there are.',
    ),
    cuGraphAddDependencies: row(0x1c03, 10000, edges, 'Adds edges.'),
    cuGraphRemoveDependencies: row(0x1c04, 10000, edges, 'Takes edges away.'),
    cuGraphAddNode: row(
        0x1c05,
        12020,
        { ...addition, nodeParams: 'CUgraphNodeParams*' },
        'Adds a node of any type.',
    ),
    cuGraphAddKernelNode: row(
        0x1c06,
        10000,
        { ...addition, nodeParams: 'const CUDA_KERNEL_NODE_PARAMS_v1*' },
        'Adds a kernel, given as a function.',
    ),
    cuGraphKernelNodeGetParams: row(
        0x1c07,
        10000,
        { hNode: 'CUgraphNode', nodeParams: 'CUDA_KERNEL_NODE_PARAMS_v1*' },
        'What a kernel node launches.',
    ),
    cuGraphKernelNodeSetParams: row(
        0x1c08,
        10000,
        { hNode: 'CUgraphNode', nodeParams: 'const CUDA_KERNEL_NODE_PARAMS_v1*' },
        'Changes what a kernel node launches.',
    ),
    cuGraphExecKernelNodeSetParams: row(
        0x1c09,
        10010,
        { hGraphExec: 'CUgraphExec', hNode: 'CUgraphNode', nodeParams: 'const CUDA_KERNEL_NODE_PARAMS_v1*' },
        'Changes what a kernel node of an executable graph launches.',
    ),
    cuGraphExecUpdate: row(
        0x1c0a,
        10020,
        {
            hGraphExec: 'CUgraphExec',
            hGraph: 'CUgraph',
            hErrorNode_out: 'CUgraphNode*',
            updateResult_out: 'CUgraphExecUpdateResult*',
        },
        'Gives an executable graph the parameters of another graph of its shape.',
    ),
    cuStreamUpdateCaptureDependencies: row(
        0x1c0b,
        11030,
        {
            hStream: 'CUstream',
            dependencies: 'CUgraphNode*',
            numDependencies: 'size_t',
            flags: 'unsigned int',
        },
        'What the next captured node will depend on.',
        'ptsz',
    ),
    cuStreamBeginCapture: row(
        0x1c0c,
        10000,
        { hStream: 'CUstream' },
        'Calls of the stream become nodes of a graph from now on.',
        'ptsz',
    ),
} as const;
