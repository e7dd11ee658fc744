// Every guest program of test/guests: what it is built from and how it is run. A program that is not in these
// lists is an error of the build, so none can be forgotten. Read by guest-build.ts and the tests; it runs
// nothing.

export interface RuntimeGuest {
    readonly name: string;
    /** Further translation units beside <name>.cu. */
    readonly units?: readonly string[];
    readonly compileFlags?: readonly string[];
    /** Blocks print in any order, so lines are compared sorted. */
    readonly unordered?: true;
    /** Also built for compute_80: code that differs there (redux and other things behind __CUDA_ARCH__). */
    readonly newer?: true;
    /** Also run call by call, with these sizes, small because every call waits. */
    readonly classicSizes?: readonly number[];
    /** Uses what does not cross Ferry: run directly only. */
    readonly direct?: true;
}

const onlyPtx80 = ['-gencode', 'arch=compute_80,code=compute_80'];

export const runtimeGuests: readonly RuntimeGuest[] = [
    { name: 'async_copies', classicSizes: [5000] },
    { name: 'atomics', newer: true },
    { name: 'big_params' },
    { name: 'bitonic_sort', classicSizes: [8] },
    { name: 'chacha', newer: true },
    { name: 'conditional_graphs', compileFlags: ['-rdc=true', ...onlyPtx80], direct: true },
    { name: 'device_assert' },
    { name: 'device_heap' },
    { name: 'device_printf', unordered: true, classicSizes: [] },
    { name: 'device_reset' },
    { name: 'divergence', newer: true },
    { name: 'errors', classicSizes: [] },
    { name: 'events', classicSizes: [] },
    { name: 'floyd_warshall' },
    { name: 'gemm' },
    { name: 'grid_sync', newer: true },
    { name: 'group_tiles', newer: true },
    { name: 'half_precision', newer: true },
    { name: 'host_callbacks', classicSizes: [2, 3] },
    { name: 'inline_ptx', newer: true },
    { name: 'last_block' },
    { name: 'launch_forms' },
    { name: 'linked_units', units: ['linked_units_second'], compileFlags: ['-rdc=true', ...onlyPtx80] },
    { name: 'local_memory' },
    { name: 'lud' },
    { name: 'math_functions', newer: true },
    { name: 'matmul_tiled', classicSizes: [20] },
    { name: 'matrix_fragments', compileFlags: onlyPtx80, classicSizes: [2] },
    { name: 'memsets', classicSizes: [20] },
    { name: 'multi_tu', units: ['multi_tu_second'] },
    { name: 'occupancy' },
    { name: 'per_thread_stream', compileFlags: ['-default-stream', 'per-thread'], classicSizes: [3, 5] },
    { name: 'pitched_copies' },
    { name: 'pointers', classicSizes: [20] },
    { name: 'properties' },
    { name: 'rare_instructions', compileFlags: onlyPtx80, classicSizes: [1] },
    { name: 'recursion', newer: true },
    { name: 'runtime_graphs', classicSizes: [3] },
    { name: 'saxpy_templates' },
    { name: 'scalar_product' },
    { name: 'scan' },
    { name: 'scatter_add' },
    { name: 'shared_templates' },
    { name: 'softmax', newer: true },
    { name: 'stencil' },
    { name: 'streams', classicSizes: [2, 4] },
    { name: 'struct_params' },
    { name: 'symbols', classicSizes: [] },
    { name: 'texture_kinds', newer: true },
    { name: 'threads', classicSizes: [4, 2] },
    { name: 'transpose' },
    { name: 'vector_add', newer: true, classicSizes: [1000] },
    { name: 'warp_votes', newer: true },
    { name: 'wide_arithmetic', newer: true },
];

export interface DriverGuest {
    readonly name: string;
    readonly sizes?: readonly number[];
    /** Also run call by call, with these sizes. */
    readonly classicSizes?: readonly number[];
    /** Not a self-checking program: run by one test only. */
    readonly tool?: true;
}

export const driverGuests: readonly DriverGuest[] = [
    { name: 'address_queries', classicSizes: [10] },
    { name: 'at_exit' },
    { name: 'bad_images' },
    { name: 'boxes', classicSizes: [15, 300] },
    { name: 'by_name' },
    { name: 'callback_threads', classicSizes: [2, 5] },
    { name: 'code_again', classicSizes: [2] },
    { name: 'contexts', classicSizes: [] },
    { name: 'copies', classicSizes: [30001] },
    { name: 'device_blocks', classicSizes: [20] },
    { name: 'endless', tool: true },
    { name: 'idle', tool: true },
    { name: 'long_wait', tool: true },
    { name: 'fills', classicSizes: [20] },
    { name: 'forks' },
    { name: 'graphs', classicSizes: [5] },
    { name: 'host_functions', classicSizes: [10] },
    { name: 'load_file', tool: true },
    { name: 'launch_arguments', classicSizes: [3] },
    { name: 'libraries' },
    { name: 'lost_worker', tool: true },
    { name: 'mapped_memory', classicSizes: [100] },
    { name: 'many_launches', sizes: [20000], classicSizes: [300] },
    { name: 'module_ptx' },
    { name: 'no_devices' },
    { name: 'occupancy_questions', classicSizes: [3, 10] },
    { name: 'pinned_memory', classicSizes: [30001] },
    { name: 'pools', classicSizes: [20] },
    { name: 'quiet_wait', tool: true },
    { name: 'several_devices' },
    { name: 'special_streams', classicSizes: [3] },
    { name: 'stale_handles' },
    { name: 'stream_events', classicSizes: [3] },
    { name: 'textures', classicSizes: [] },
    { name: 'vector_add_driver', classicSizes: [1000] },
    { name: 'wild_pointer' },
    { name: 'wrong_sizes' },
];
