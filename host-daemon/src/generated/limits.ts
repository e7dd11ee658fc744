// Generated from proto/spec/limits.ts by proto/gen/emit-table.ts; edit the former.

export const limits = {
    /** One code image: fatbin region, cubin, or PTX text. In bytes. */
    imageBytes: 268435456,
    /** Compile options of one image: 64 pairs of option and value. In bytes. */
    imageOptionBytes: 1024,
    /** Compiler messages that a reply carries; the rest is cut. In bytes. */
    compileLogBytes: 262144,
    /** Names, layouts and attributes of one image in a reply. In bytes. */
    kernelMetadataBytes: 67108864,
    /** Kernels of one image. In count. */
    kernelsPerImage: 65536,
    /** A kernel or variable name with its NUL; mangled C++ names get long. In bytes. */
    nameBytes: 65536,
    /** Packed arguments of one launch: the largest CUDA allows. In bytes. */
    kernelParameterBytes: 32764,
    /** Bytes of one copy record or landing; longer copies are sliced. In bytes. */
    copySliceBytes: 1048576,
    /** A lane seals its batch this long after the first record. In us. */
    sealAgeUs: 100,
    /** One batch, and so one gRPC message of the data stream. In bytes. */
    batchBytes: 270532608,
    /** Guest threads of one session: what a record header can name. In count. */
    guestThreads: 65535,
    /** Contexts of one session at a time. In count. */
    contexts: 256,
    /** Streams of one session at a time. In count. */
    streams: 65536,
    /** Events of one session at a time. In count. */
    events: 1048576,
    /** Modules and libraries of one session at a time, each. In count. */
    modules: 65536,
    /** Functions and kernels of one session at a time, each. In count. */
    functions: 1048576,
    /** Arrays and mipmapped arrays of one session at a time, each. In count. */
    arrays: 65536,
    /** Texture and surface objects of one session at a time, in all. In count. */
    textures: 1048576,
    /** One description of a resource, of its reading, or of a view. In bytes. */
    descriptionBytes: 256,
    /** Memory pools of one session at a time. In count. */
    pools: 4096,
    /** Graphs and executable graphs of one session at a time, each. In count. */
    graphs: 65536,
    /** Nodes of all graphs of one session at a time. In count. */
    graphNodes: 1048576,
    /** Links of images of one session at a time. In count. */
    links: 4096,
    /** GL contexts of one guest process at a time; each is a lane of its own. In count. */
    glLanes: 64,
    /** GL contexts that one guest process makes in its life. In count. */
    glLanesEver: 65536,
    /** Share groups of GL contexts of one guest process. In count. */
    glShareGroups: 256,
    /** Windows, pixmaps and pbuffers that one guest process draws on. In count. */
    glDrawables: 4096,
    /** Pixels of the longer side of a drawable. In count. */
    glDrawableSide: 16384,
    /** Names of each kind of GL object in a share group, or in a context. In count. */
    glNames: 4194304,
    /** Strings, extensions, or limits of a GL context. In bytes. */
    glSnapshotBytes: 262144,
    /** One frame, or one read-back of pixels, in a reply. In bytes. */
    glFrameBytes: 268435456,
    /** Host functions queued and not yet answered. In count. */
    pendingCallbacks: 65536,
    /** Device allocations of one session at a time. In count. */
    allocations: 4194304,
    /** Device memory lent to a guest at a time, which sub-allocates it. In bytes. */
    lendBytes: 67108864,
    /** Device printf text of one reply; longer text takes several. In bytes. */
    outputBytes: 1048576,
    /** An attach ticket. In bytes. */
    ticketBytes: 32,
    /** A wait yields and polls this long before it sleeps. In us. */
    spinUs: 50,
    /** The command ring, where the guest asks for no other size. In bytes. */
    ringCommandBytes: 1048576,
    /** The reply ring. In bytes. */
    ringReplyBytes: 4194304,
    /** Fences of one session: streams and events whose state shows in the ring. In count. */
    fences: 65536,
    /** The arena; sparse, never more than the guest keeps free. In bytes. */
    arenaBytes: 68719476736,
    /** Code images that a host keeps for the next process that loads them. In count. */
    storedImages: 256,
    /** Known images that one Welcome names. In count. */
    offeredImages: 64,
    /** Metadata of known images in one Welcome. In bytes. */
    offeredImageBytes: 1048576,
    /** Over TCP, an end quiet for this long says that it is there. In ms. */
    heartbeatIdleMs: 5000,
    /** Over TCP, a connection silent for this long is given up. In ms. */
    heartbeatDeadMs: 20000,
    /** How long a session waits for a broken connection to be resumed. In ms. */
    resumeGraceMs: 10000,
    /** An end acknowledges after this many bytes, if not before. In bytes. */
    acknowledgeBytes: 262144,
    /** A guest waits while this much is not acknowledged. In bytes. */
    unacknowledgedBytes: 33554432,
    /** The send buffer that either end asks for on a Unix socket. In bytes. */
    unixSendBytes: 524288,
    /** One array, image or source of one OpenGL call; the guest cuts images. In bytes. */
    glDataBytes: 268435456,
    /** The guest gives up reaching the daemon after this long. In ms. */
    connectTimeoutMs: 2000,
} as const;
