// Which file each emitter fills, and which of them are committed.

import type { AbiHeader } from './abi-header.ts';
import { emitDispatch, emitDispatchHeader, emitDriverTable, emitHostHand } from './emit-dispatch.ts';
import { emitExports, emitProcTable } from './emit-guest-tables.ts';
import { emitCudaLedger, emitLimitsPage, emitSessionLedger } from './emit-ledger.ts';
import {
    driverCalls,
    emitGuestHand,
    emitStubs,
    emitStubsHeader,
    exportedCalls,
} from './emit-stub.ts';
import { emitProof } from './emit-proof.ts';
import { emitCallTable, emitLimitTable, emitWireTable } from './emit-table.ts';
import { emitMessages } from './emit-test.ts';
import { emitCallId, emitCodec, emitLimits, specHash } from './emit-wire.ts';
import type { GlModel } from './gl/model.ts';
import { emitGl } from './gl/outputs.ts';
import type { Call, Model } from './model.ts';

const shimSymbols = 'Every symbol libferry.so exports as libcuda.so.1 does.';
/** More than is defined there: what is not is not found. */
const softSymbols = 'Every symbol that libcuda-soft.so may export.';

export interface Output {
    /** Relative to the root of the repository. */
    readonly path: string;
    readonly text: string;
    readonly committed: boolean;
}

/** What the emitters need to know of the headers that are written by hand. */
export interface Headers {
    /** kWireVersion of proto/wire/record.h. */
    readonly wireVersion: number;
    /** The parts of proto/cudart/abi.h. */
    readonly abi: AbiHeader;
}

/** What two ends talk about: all but the calls that only the software device has. */
function crossing(model: Model): Model {
    return { ...model, calls: model.calls.filter((call) => call.class !== 'device') };
}

/** Everything that has a number, in the order of the numbers. */
export function numbered(model: Model, gl: GlModel): Call[] {
    return [...crossing(model).calls, ...gl.calls].sort((left, right) => left.id - right.id);
}

export function emitAll(whole: Model, gl: GlModel, headers: Headers): Output[] {
    const { wireVersion } = headers;
    const model = crossing(whole);
    const calls = numbered(whole, gl);
    const hash = specHash({ calls, limits: model.limits }, wireVersion);
    const built = (path: string, text: string): Output => ({
        path: `build/gen/${path}`,
        text,
        committed: false,
    });
    const kept = (path: string, text: string): Output => ({ path, text, committed: true });
    return [
        kept('proto/ledger/cuda.txt', emitCudaLedger(whole)),
        kept('proto/ledger/session.txt', emitSessionLedger(model)),
        kept('proto/LIMITS.md', emitLimitsPage(model)),
        kept('host-daemon/src/generated/calls.ts', emitCallTable(calls)),
        kept('host-daemon/src/generated/wire.ts', emitWireTable(calls, hash, wireVersion)),
        kept('host-daemon/src/generated/limits.ts', emitLimitTable(model)),
        built('wire/call_id.h', emitCallId(model.calls, hash)),
        built('wire/codec.h', emitCodec(model)),
        built('wire/limits.h', emitLimits(model)),
        built('guest/stubs.h', emitStubsHeader(exportedCalls(model), shimSymbols)),
        built('guest/stubs.cc', emitStubs(model)),
        built('guest/hand.h', emitGuestHand(model)),
        built('guest/proc_table.inc', emitProcTable(exportedCalls(model), 'guest/stubs.h')),
        built('guest/exports.map', emitExports(model)),
        built('soft/stubs.h', emitStubsHeader(driverCalls(whole), softSymbols)),
        built('soft/proc_table.inc', emitProcTable(driverCalls(whole), 'soft/stubs.h')),
        built('host/driver_table.h', emitDriverTable(model)),
        built('host/hand.h', emitHostHand(model)),
        built('host/dispatch.h', emitDispatchHeader()),
        built('host/dispatch.cc', emitDispatch(model)),
        built('test/messages.h', emitMessages(model)),
        built('abi_proof.cc', emitProof(whole, headers.abi)),
        ...emitGl(gl),
    ];
}
