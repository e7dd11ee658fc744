// Records of Ferry itself, ids 0x0001 to 0x00ff: no program calls them, and both ends write them by hand.

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
} as const satisfies Record<string, SessionRow>;
