// Every limit on what a guest may ask for, and every number both ends must share.
// Read by the generator, which writes it to build/gen/wire/limits.h, host-daemon/src/generated/limits.ts and
// proto/LIMITS.md; nothing else states one of these numbers.

export interface Limit {
    readonly value: number;
    readonly unit: 'bytes' | 'count' | 'ms' | 'us';
    readonly doc: string;
}

const KiB = 1024;
const MiB = 1024 * KiB;

function limit(value: number, unit: Limit['unit'], doc: string): Limit {
    return { value, unit, doc };
}

export const limits = {
    imageBytes: limit(256 * MiB, 'bytes', 'One code image: fatbin region, cubin, or PTX text.'),
    imageOptionBytes: limit(64 * 16, 'bytes', 'Compile options of one image: 64 pairs of option and value.'),
    compileLogBytes: limit(256 * KiB, 'bytes', 'Compiler messages that a reply carries; the rest is cut.'),
    kernelMetadataBytes: limit(64 * MiB, 'bytes', 'Names, layouts and attributes of one image in a reply.'),
    kernelsPerImage: limit(65536, 'count', 'Kernels of one image.'),
    nameBytes: limit(
        64 * KiB,
        'bytes',
        'A kernel or variable name with its NUL; mangled C++ names get long.',
    ),
    kernelParameterBytes: limit(32764, 'bytes', 'Packed arguments of one launch: the largest CUDA allows.'),
    copySliceBytes: limit(1 * MiB, 'bytes', 'Bytes of one copy record or landing; longer copies are sliced.'),
    sealAgeUs: limit(100, 'us', 'A lane seals its batch this long after the first record.'),
    batchBytes: limit(258 * MiB, 'bytes', 'One batch, and so one gRPC message of the data stream.'),
    guestThreads: limit(65535, 'count', 'Guest threads of one session: what a record header can name.'),
    contexts: limit(256, 'count', 'Contexts of one session at a time.'),
    streams: limit(65536, 'count', 'Streams of one session at a time.'),
    events: limit(1048576, 'count', 'Events of one session at a time.'),
    modules: limit(65536, 'count', 'Modules and libraries of one session at a time, each.'),
    functions: limit(1048576, 'count', 'Functions and kernels of one session at a time, each.'),
    arrays: limit(65536, 'count', 'Arrays and mipmapped arrays of one session at a time, each.'),
    textures: limit(1048576, 'count', 'Texture and surface objects of one session at a time, in all.'),
    descriptionBytes: limit(256, 'bytes', 'One description of a resource, of its reading, or of a view.'),
    pools: limit(4096, 'count', 'Memory pools of one session at a time.'),
    graphs: limit(65536, 'count', 'Graphs and executable graphs of one session at a time, each.'),
    graphNodes: limit(1048576, 'count', 'Nodes of all graphs of one session at a time.'),
    links: limit(4096, 'count', 'Links of images of one session at a time.'),
    glLanes: limit(64, 'count', 'GL contexts of one guest process at a time; each is a lane of its own.'),
    glLanesEver: limit(65536, 'count', 'GL contexts that one guest process makes in its life.'),
    glShareGroups: limit(256, 'count', 'Share groups of GL contexts of one guest process.'),
    glDrawables: limit(4096, 'count', 'Windows, pixmaps and pbuffers that one guest process draws on.'),
    glDrawableSide: limit(16384, 'count', 'Pixels of the longer side of a drawable.'),
    glNames: limit(4194304, 'count', 'Names of each kind of GL object in a share group, or in a context.'),
    glSnapshotBytes: limit(256 * KiB, 'bytes', 'Strings, extensions, or limits of a GL context.'),
    glFrameBytes: limit(256 * MiB, 'bytes', 'One frame, or one read-back of pixels, in a reply.'),
    pendingCallbacks: limit(65536, 'count', 'Host functions queued and not yet answered.'),
    allocations: limit(4194304, 'count', 'Device allocations of one session at a time.'),
    lendBytes: limit(64 * MiB, 'bytes', 'Device memory lent to a guest at a time, which sub-allocates it.'),
    outputBytes: limit(1 * MiB, 'bytes', 'Device printf text of one reply; longer text takes several.'),
    ticketBytes: limit(32, 'bytes', 'An attach ticket.'),
    spinUs: limit(50, 'us', 'A wait yields and polls this long before it sleeps.'),
    ringCommandBytes: limit(1 * MiB, 'bytes', 'The command ring, where the guest asks for no other size.'),
    ringReplyBytes: limit(4 * MiB, 'bytes', 'The reply ring.'),
    fences: limit(65536, 'count', 'Fences of one session: streams and events whose state shows in the ring.'),
    arenaBytes: limit(64 * 1024 * MiB, 'bytes', 'The arena; sparse, never more than the guest keeps free.'),
    storedImages: limit(256, 'count', 'Code images that a host keeps for the next process that loads them.'),
    offeredImages: limit(64, 'count', 'Known images that one Welcome names.'),
    offeredImageBytes: limit(1 * MiB, 'bytes', 'Metadata of known images in one Welcome.'),
    heartbeatIdleMs: limit(5000, 'ms', 'Over TCP, an end quiet for this long says that it is there.'),
    heartbeatDeadMs: limit(20_000, 'ms', 'Over TCP, a connection silent for this long is given up.'),
    resumeGraceMs: limit(10_000, 'ms', 'How long a session waits for a broken connection to be resumed.'),
    acknowledgeBytes: limit(256 * KiB, 'bytes', 'An end acknowledges after this many bytes, if not before.'),
    unacknowledgedBytes: limit(32 * MiB, 'bytes', 'A guest waits while this much is not acknowledged.'),
    unixSendBytes: limit(512 * KiB, 'bytes', 'The send buffer that either end asks for on a Unix socket.'),
    glDataBytes: limit(
        256 * MiB,
        'bytes',
        'One array, image or source of one OpenGL call; the guest cuts images.',
    ),
    connectTimeoutMs: limit(2000, 'ms', 'The guest gives up reaching the daemon after this long.'),
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof limits;
