// Chapter "Graph Management": block 0x1700.
// The shim keeps graphs itself (proto/cudart/graphs); a launch sends the records of its nodes.

import { deviceRows, localRows } from '../dsl.ts';

const row = localRows('CUDA Driver API: Graph Management');
const deviceRow = deviceRows('CUDA Driver API: Graph Management');

export const graphs = {
    cuGraphCreate: row(0x1700, 10000, { phGraph: 'CUgraph*', flags: 'unsigned int' }, 'An empty graph.'),
    cuGraphDestroy: row(
        0x1701,
        10000,
        { hGraph: 'CUgraph' },
        'Ends a graph and its nodes; what was instantiated stays.',
    ),
    cuGraphClone: row(
        0x1702,
        10000,
        { phGraphClone: 'CUgraph*', originalGraph: 'CUgraph' },
        'A copy of a graph and of its child graphs.',
    ),
    cuGraphNodeFindInClone: row(
        0x1703,
        10000,
        { phNode: 'CUgraphNode*', hOriginalNode: 'CUgraphNode', hClonedGraph: 'CUgraph' },
        'The node of a clone that stands for a node of the original.',
    ),
    cuGraphDebugDotPrint: row(
        0x1704,
        11030,
        { hGraph: 'CUgraph', path: 'const char*', flags: 'unsigned int' },
        'Writes a graph to a file in the language of Graphviz.',
    ),
    cuGraphGetNodes: row(
        0x1705,
        10000,
        { hGraph: 'CUgraph', nodes: 'CUgraphNode*', numNodes: 'size_t*' },
        'The nodes of a graph, or how many there are.',
    ),
    cuGraphGetRootNodes: row(
        0x1706,
        10000,
        { hGraph: 'CUgraph', rootNodes: 'CUgraphNode*', numRootNodes: 'size_t*' },
        'The nodes that depend on none, or how many there are.',
    ),
    cuGraphGetEdges_v2: row(
        0x1707,
        12030,
        {
            hGraph: 'CUgraph',
            from: 'CUgraphNode*',
            to: 'CUgraphNode*',
            edgeData: 'CUgraphEdgeData*',
            numEdges: 'size_t*',
        },
        'The edges of a graph with their data, or how many there are.',
    ),
    cuGraphNodeGetDependencies_v2: row(
        0x1708,
        12030,
        {
            hNode: 'CUgraphNode',
            dependencies: 'CUgraphNode*',
            edgeData: 'CUgraphEdgeData*',
            numDependencies: 'size_t*',
        },
        'What a node depends on, or on how many.',
    ),
    cuGraphNodeGetDependentNodes_v2: row(
        0x1709,
        12030,
        {
            hNode: 'CUgraphNode',
            dependentNodes: 'CUgraphNode*',
            edgeData: 'CUgraphEdgeData*',
            numDependentNodes: 'size_t*',
        },
        'What depends on a node, or how many do.',
    ),
    cuGraphAddDependencies_v2: row(
        0x170a,
        12030,
        {
            hGraph: 'CUgraph',
            from: 'const CUgraphNode*',
            to: 'const CUgraphNode*',
            edgeData: 'const CUgraphEdgeData*',
            numDependencies: 'size_t',
        },
        'Adds edges.',
    ),
    cuGraphRemoveDependencies_v2: row(
        0x170b,
        12030,
        {
            hGraph: 'CUgraph',
            from: 'const CUgraphNode*',
            to: 'const CUgraphNode*',
            edgeData: 'const CUgraphEdgeData*',
            numDependencies: 'size_t',
        },
        'Takes edges away.',
    ),
    cuGraphDestroyNode: row(0x170c, 10000, { hNode: 'CUgraphNode' }, 'Takes a node and its edges away.'),
    cuGraphNodeGetType: row(
        0x170d,
        10000,
        { hNode: 'CUgraphNode', type: 'CUgraphNodeType*' },
        'What a node does.',
    ),
    cuGraphConditionalHandleCreate: deviceRow(
        0x170e,
        12030,
        {
            pHandle_out: 'CUgraphConditionalHandle*',
            hGraph: 'CUgraph',
            ctx: 'CUcontext',
            defaultLaunchValue: 'unsigned int',
            flags: 'unsigned int',
        },
        'The value a conditional node looks at, which kernels set.',
    ),
    cuUserObjectCreate: row(
        0x170f,
        11030,
        {
            object_out: 'CUuserObject*',
            ptr: 'void*',
            destroy: 'CUhostFn',
            initialRefcount: 'unsigned int',
            flags: 'unsigned int',
        },
        'A counted object of the program, whose end a host function sees.',
    ),
    cuUserObjectRetain: row(
        0x1710,
        11030,
        { object: 'CUuserObject', count: 'unsigned int' },
        'Counts a user object up.',
    ),
    cuUserObjectRelease: row(
        0x1711,
        11030,
        { object: 'CUuserObject', count: 'unsigned int' },
        'Counts a user object down.',
    ),
    cuGraphRetainUserObject: row(
        0x1712,
        11030,
        { graph: 'CUgraph', object: 'CUuserObject', count: 'unsigned int', flags: 'unsigned int' },
        'Lets a graph hold a user object.',
    ),
    cuGraphReleaseUserObject: row(
        0x1713,
        11030,
        { graph: 'CUgraph', object: 'CUuserObject', count: 'unsigned int' },
        'Lets a graph hold a user object less often.',
    ),
} as const;
