// Records of Ferry itself, ids 0x0001 to 0x00ff: no program calls them, and both ends write them by hand.
// Those named gl_ are of lanes of OpenGL: a lane is one GL context, and a session of its own to both ends.

import { field, type SessionRow } from './dsl.ts';

export const session = {
    session_detach: {
        id: 0x0001,
        class: 'sync',
        wire: { request: {} },
        doc: 'Orderly end: answered after everything before it has been executed; nothing may follow it.',
    },
    session_thread_exit: {
        id: 0x0002,
        class: 'async',
        wire: { request: {} },
        doc: 'The guest thread of the header has ended: its per-thread default stream is destroyed.',
    },
    session_lend: {
        id: 0x0010,
        class: 'sync',
        wire: {
            request: { size: field.u64 },
            reply: { address: field.u64, size: field.u64, carves: field.u32 },
        },
        doc:
            'Device memory of at least `size` bytes (a multiple of 2 MiB) that the guest sub-allocates; ' +
            'carves: it says which parts with session_carve, and frees them with cuMemFree_v2.',
    },
    session_carve: {
        id: 0x0011,
        class: 'async',
        wire: { request: { address: field.u64, size: field.u64 } },
        doc: 'The guest has given out [address, address + size) of lent memory.',
    },
    session_settle: {
        id: 0x0012,
        class: 'sync',
        wire: { request: { waited: field.u32 } },
        doc:
            'Answered when the work before it in the context can touch nothing any more that was freed ' +
            'before it; waited: somebody sleeps until then.',
    },
    session_return: {
        id: 0x0013,
        class: 'async',
        wire: { request: { address: field.u64, close: field.u32 } },
        doc: 'Gives lent memory back whose blocks are all settled; close: nothing more is given out of it.',
    },
    session_pin: {
        id: 0x0020,
        class: 'sync',
        wire: { request: { address: field.u64, size: field.u64 } },
        doc: 'Pins [address, address + size) of the arena: copies may name bytes there.',
    },
    session_unpin: {
        id: 0x0021,
        class: 'sync',
        wire: { request: { address: field.u64 } },
        doc: 'Ends session_pin of the range that starts at `address`, once the work before it is over.',
    },
    gl_open_lane: {
        id: 0x0040,
        class: 'sync',
        wire: {
            request: {},
            reply: {
                lane: field.u32,
                tcp_port: field.u32,
                ticket_ttl_ms: field.u32,
                endpoint: field.text('nameBytes'),
                ticket: field.bytes('ticketBytes'),
            },
        },
        doc:
            'Another lane in this worker: where to attach, as OpenReply says it; its number (the first ' +
            'lane is 1). tcp_port: where the guest is not on this machine, else 0.',
    },
    gl_context_create: {
        id: 0x0041,
        class: 'sync',
        wire: {
            request: {
                group: field.u32,
                profile: field.u32,
                major: field.u32,
                minor: field.u32,
                flags: field.u32,
                reset: field.u32,
            },
            reply: {
                profile: field.u32,
                major: field.u32,
                minor: field.u32,
                flags: field.u32,
                strings: field.bytes('glSnapshotBytes'),
                extensions: field.bytes('glSnapshotBytes'),
                values: field.bytes('glSnapshotBytes'),
                message: field.bytes('nameBytes'),
            },
        },
        doc:
            'The context of this lane, once and before any other record of GL. group: contexts of one ' +
            'number share objects. profile: 0 any, 1 core, 2 compatibility, 3 GLES; major 0: the highest. ' +
            'flags: 1 debug, 2 forward compatible, 4 robust access, 8 no error; reset: 1 lose the context ' +
            'on reset. strings, extensions: NUL-terminated; values: u32 name, u32 type (0 i32, 1 i64, ' +
            '2 f32), u32 count, u32 0, then the values, padded to 8. Result 1: message says why not.',
    },
    gl_drawable: {
        id: 0x0042,
        class: 'async',
        wire: {
            request: {
                drawable: field.u32,
                width: field.u32,
                height: field.u32,
                colour: field.u32,
                depth: field.u32,
                stencil: field.u32,
                samples: field.u32,
                flags: field.u32,
            },
        },
        doc:
            'Something to draw on, or its new size: the number is the same for all lanes. colour: a sized ' +
            'format of GL; depth, stencil: bits; flags: 1 double-buffered.',
    },
    gl_drawable_gone: {
        id: 0x0043,
        class: 'async',
        wire: { request: { drawable: field.u32 } },
        doc: 'The drawable is no more.',
    },
    gl_make_current: {
        id: 0x0044,
        class: 'async',
        wire: { request: { draw: field.u32, read: field.u32 } },
        doc: "The drawables that are this lane's default framebuffers from now on; 0: none.",
    },
    gl_present: {
        id: 0x0045,
        class: 'sync',
        wire: {
            request: {
                drawable: field.u32,
                source: field.u32,
                address: field.u64,
                size: field.u64,
                stride: field.u32,
                format: field.u32,
                flags: field.u32,
            },
            reply: {
                width: field.u32,
                height: field.u32,
                stride: field.u32,
                format: field.u32,
                pixels: field.bytes('glFrameBytes'),
            },
        },
        doc:
            'The frame that has been drawn, once the records before it are done: into [address, address + ' +
            'size) of the arena, or with the reply where address is 0. source: 0 back, 1 front; format: 0 ' +
            'BGRA, 1 RGBA, a byte each; stride: bytes of a row, 0: no gaps; flags: 1 the lowest row first. ' +
            'Result 1: no such drawable, or no room for it.',
    },
    gl_await: {
        id: 0x0046,
        class: 'async',
        wire: { request: { lane: field.u32, position: field.u64 } },
        doc:
            'This lane goes on once that one has executed so many records since its beginning, or has ' +
            'ended.',
    },
    gl_error: {
        id: 0x0047,
        class: 'sync',
        wire: { request: {}, reply: { error: field.u32 } },
        doc: 'What glGetError says after the records before it.',
    },
} as const satisfies Record<string, SessionRow>;
