// Which file each emitter of OpenGL fills, and which of them are committed.

import type { Output } from '../outputs.ts';
import { units } from './cpp.ts';
import { emitGlCallId, emitGlCodec } from './emit-codec.ts';
import { emitDispatch, emitDispatchHeader, emitDispatchUnit } from './emit-dispatch.ts';
import { emitExportMap, emitExports, emitWindowExports, emitProcTable } from './emit-guest-tables.ts';
import { emitEglHand, emitGlxHand, emitGuestHand, emitHostHand, emitWindowNames } from './emit-hand.ts';
import { emitGlTable } from './emit-host-table.ts';
import { emitGlLedger, emitGlPage } from './emit-ledger.ts';
import { emitStubs, emitStubsHeader } from './emit-stubs.ts';
import { emitGlMessages, emitGlRows } from './emit-test.ts';
import { emitBindings, emitEnums, emitTypes } from './emit-types.ts';
import type { GlModel } from './model.ts';

export function emitGl(model: GlModel): Output[] {
    const built = (path: string, text: string): Output => ({
        path: `build/gen/${path}`,
        text,
        committed: false,
    });
    const kept = (path: string, text: string): Output => ({ path, text, committed: true });
    return [
        kept('proto/ledger/gl.txt', emitGlLedger(model)),
        kept('proto/GL.md', emitGlPage(model)),
        built('gl/types.h', emitTypes()),
        built('gl/enums.h', emitEnums(model)),
        built('gl/binding.h', emitBindings()),
        built('wire/gl_call_id.h', emitGlCallId(model)),
        built('wire/gl_codec.h', emitGlCodec(model)),
        built('guest/gl_stubs.h', emitStubsHeader(model)),
        ...units.map((unit) => built(`guest/gl_stubs_${unit}.cc`, emitStubs(model, unit))),
        built('guest/gl_hand.h', emitGuestHand(model)),
        built('guest/gl_proc_table.inc', emitProcTable(model)),
        built('guest/gl_exports.cc', emitExports(model)),
        built('guest/egl_exports.cc', emitWindowExports(model, 'egl')),
        built('guest/glx_exports.cc', emitWindowExports(model, 'glx')),
        built('guest/gl_exports.map', emitExportMap(model)),
        built('guest/egl_hand.h', emitEglHand(model)),
        built('guest/glx_hand.h', emitGlxHand(model)),
        built('guest/egl_names.inc', emitWindowNames(model, 'egl')),
        built('guest/glx_names.inc', emitWindowNames(model, 'glx')),
        built('host/gl_table.h', emitGlTable(model)),
        built('host/gl_hand.h', emitHostHand(model)),
        built('host/gl_dispatch.h', emitDispatchHeader()),
        built('host/gl_dispatch.cc', emitDispatch(model)),
        ...units.map((unit) => built(`host/gl_handlers_${unit}.cc`, emitDispatchUnit(model, unit))),
        built('test/gl_messages.h', emitGlMessages(model)),
        built('test/gl_rows.h', emitGlRows(model)),
    ];
}
