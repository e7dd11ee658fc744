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
    session_callback_done: {
        id: 0x0003,
        class: 'async',
        wire: { request: { callback: field.u32 } },
        doc: 'The host function of callback reply `callback` has returned: its stream goes on.',
    },
} as const satisfies Record<string, SessionRow>;
