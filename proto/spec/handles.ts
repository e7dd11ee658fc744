// The kinds of object a guest can hold a handle of, with the C type a program knows each by.
// Read by the DSL and by every emitter; the numbers live in proto/wire/handle.h and are checked against it.

export const handleKinds = {
    context: 'CUcontext',
    stream: 'CUstream',
    event: 'CUevent',
    module: 'CUmodule',
    function: 'CUfunction',
    library: 'CUlibrary',
    kernel: 'CUkernel',
    array: 'CUarray',
    mipmap: 'CUmipmappedArray',
    pool: 'CUmemoryPool',
    graph: 'CUgraph',
    graph_node: 'CUgraphNode',
    graph_exec: 'CUgraphExec',
    link: 'CUlinkState',
} as const;

export type HandleKind = keyof typeof handleKinds;
