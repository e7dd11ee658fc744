// Emits the guest's exported symbols: guest/stubs.cc, their declarations guest/stubs.h, and guest/hand.h,
// which declares what the shim writes by hand. A stub checks, packs and sends; it holds no other logic.

import type { Argument } from '../spec/dsl.ts';
import { handleKinds } from '../spec/handles.ts';
import { banner, qualified, wrapComment, wrapList } from './cpp.ts';
import type { Api, Call, Model, ModelParam } from './model.ts';

const author = 'proto/gen/emit-stub.ts';
const perThreadStream = 'wire::to_pointer<abi::CUstream>(wire::Handle{wire::kStreamPerThread})';

export interface ApiCall extends Call {
    readonly api: Api;
}

export function exportedCalls(model: Model): ApiCall[] {
    return model.calls.filter((call): call is ApiCall => call.api !== null && call.guest !== 'none');
}

/** Every exported symbol of a call: itself, its per-thread twin, its older aliases. */
export function symbolsOf(call: Call): string[] {
    const { twin, aliases } = (call as ApiCall).api.row;
    const twins = twin === undefined ? [] : [`${call.name}_${twin}`];
    return [call.name, ...twins, ...Object.keys(aliases ?? {})];
}

/** What the software device may export: every call, also the engine's own and those that do not cross. */
export function driverCalls(model: Model): ApiCall[] {
    return model.calls.filter((call): call is ApiCall => call.api !== null);
}

/** Declarations of `calls` and their other symbols; `what` is the sentence at the head. */
export function emitStubsHeader(calls: readonly ApiCall[], what: string): string {
    const declarations = calls.flatMap((call) =>
        symbolsOf(call).map((symbol) => signature(symbol, call.api, ';')),
    );
    return (
        banner('proto/spec/cuda', author) +
        `// ${what}\n#pragma once\n#include <cstddef>\n\n` +
        '#include "cudart/abi.h"\n\n#define FERRY_EXPORT __attribute__((visibility("default")))\n\n' +
        declarations.join('')
    );
}

export function emitStubs(model: Model): string {
    const bodies = exportedCalls(model).map(
        (call) => stub(call, model) + twinStub(call, model) + aliasStubs(call),
    );
    return (
        banner('proto/spec/cuda', author) +
        '#include "guest/stubs.h"\n\n#include "guest/hand.h"\n#include "stub_runtime.h"\n' +
        '#include "wire/codec.h"\n#include "wire/pointer_unsafe.h"\n\n' +
        `namespace {\n\n${checkers()}\n}  // namespace\n\n` +
        bodies.join('\n')
    );
}

export function emitGuestHand(model: Model): string {
    const calls = exportedCalls(model);
    const declare = (call: ApiCall): string => {
        const session = needsSession(call) ? ['Session& session'] : [];
        const params = [...session, ...call.api.params.map(declared), ...extraStream(call, 'declare')];
        return wrapComment(call.doc) + wrapList(`abi::CUresult ${call.name}(`, params, ');');
    };
    const of = (side: string): string =>
        calls
            .filter((call) => call.guest === side)
            .map(declare)
            .join('');
    return (
        banner('proto/spec/cuda', author) +
        '// What the shim writes by hand. `hand` functions send records, `local` ones answer from what the ' +
        'guest knows.\n' +
        '// `default_stream` is what a call without a stream means: null, or the per-thread stream in a ' +
        'twin.\n' +
        '#pragma once\n#include <cstddef>\n\n#include "cudart/abi.h"\n\nnamespace guest {\n\n' +
        'class Session;\n\n' +
        `namespace hand {\n\n${of('hand')}\n}  // namespace hand\n\n` +
        `namespace local {\n\n${of('local')}\n}  // namespace local\n\n}  // namespace guest\n`
    );
}

function signature(symbol: string, api: Api, tail: string, ignored: ReadonlySet<string> = new Set()): string {
    const head = `extern "C" FERRY_EXPORT abi::CUresult ${symbol}(`;
    const params = api.params.map((p) => (ignored.has(p.name) ? qualified(p.cType) : declared(p)));
    return wrapList(head, params, `)${tail}`);
}

function declared(param: ModelParam): string {
    return `${qualified(param.cType)} ${param.name}`;
}

function needsSession(call: ApiCall): boolean {
    const { flow } = call.api.row;
    return !(flow.class === 'local' && flow.needs === 'nothing');
}

/** A hand-written call without a stream parameter is told which stream the default one is. */
function takesDefaultStream(call: ApiCall): boolean {
    return call.api.row.twin !== undefined && !call.api.params.some((p) => p.cType === 'CUstream');
}

function extraStream(call: ApiCall, use: 'declare' | 'null' | 'perThread'): string[] {
    if (!takesDefaultStream(call)) return [];
    if (use === 'declare') return ['abi::CUstream default_stream'];
    return [use === 'null' ? 'nullptr' : perThreadStream];
}

function stub(call: ApiCall, model: Model): string {
    const head = wrapComment(call.doc) + signature(call.name, call.api, ' {', ignoredBy(call, model));
    switch (call.guest) {
        case 'forward':
            return `${head}${forwardLine(call, model, 'nullptr')}}\n`;
        case 'local':
        case 'hand':
            return `${head}${handBody(call, 'null')}}\n`;
        default:
            return `${head}${generatedBody(call)}}\n`;
    }
}

/** What counters and traces know the call by. */
function callLine(call: ApiCall): string {
    return `    constexpr auto kCall = wire::CallId::${call.name};\n`;
}

function boundaryLines(call: ApiCall): string {
    const opening = '    return guest::boundary<kCall>([&](guest::Session& session) -> abi::CUresult {\n';
    return callLine(call) + opening;
}

function handBody(call: ApiCall, stream: 'null' | 'perThread'): string {
    const session = needsSession(call);
    const names = [...(session ? ['session'] : []), ...call.api.params.map((p) => p.name)];
    const args = [...names, ...extraStream(call, stream)];
    const opening = session
        ? boundaryLines(call)
        : `${callLine(call)}    return guest::boundary_local<kCall>([&]() -> abi::CUresult {\n`;
    const callee = `return guest::${call.guest}::${call.name}(`;
    return `${opening}${wrapList(callee, args, ');', '        ')}    });\n`;
}

function twinStub(call: ApiCall, model: Model): string {
    const { twin } = call.api.row;
    if (twin === undefined) return '';
    const takesStream = call.api.params.some((p) => p.cType === 'CUstream');
    const ignored = takesStream ? new Set<string>() : ignoredBy(call, model);
    const head = signature(`${call.name}_${twin}`, call.api, ' {', ignored);
    if (takesStream) {
        const args = call.api.params.map((p) =>
            p.cType === 'CUstream' ? `wire::per_thread_stream(${p.name})` : p.name,
        );
        return `${head}${wrapList(`return ${call.name}(`, args, ');', '    ')}}\n`;
    }
    if (['hand', 'local'].includes(call.guest)) return `${head}${handBody(call, 'perThread')}}\n`;
    return `${head}${forwardLine(call, model, perThreadStream)}}\n`;
}

function aliasStubs(call: ApiCall): string {
    const names = call.api.params.map((p) => p.name);
    return Object.keys(call.api.row.aliases ?? {})
        .map(
            (alias) =>
                `${signature(alias, call.api, ' {')}    return ${call.name}(${names.join(', ')});\n}\n`,
        )
        .join('');
}

/** Parameters that a forwarding stub drops: nothing in the other call's record stands for them. */
function ignoredBy(call: ApiCall, model: Model): ReadonlySet<string> {
    if (call.guest !== 'forward') return new Set();
    const text = forwardLine(call, model, '');
    const used = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(text.slice(text.indexOf('(')));
    return new Set(call.api.params.map((p) => p.name).filter((name) => !used(name)));
}

function forwardLine(call: ApiCall, model: Model, defaultStream: string): string {
    const { via } = call.api.row;
    const target = model.byName.get(via?.call ?? '');
    if (via === undefined || target === undefined || target.api === null) return '';
    const args = target.api.params.map((p) => argumentText(via.with[p.name], p.name, defaultStream));
    return wrapList(`return ${target.name}(`, args, ');', '    ');
}

function argumentText(argument: Argument | undefined, name: string, defaultStream: string): string {
    if (argument === undefined) return name;
    if (argument === 'null') return 'nullptr';
    if (argument === 'defaultStream') return defaultStream;
    return 'literal' in argument ? String(argument.literal) : argument.from;
}

function generatedBody(call: ApiCall): string {
    const created = call.api.params.find((p) => p.param.is === 'created');
    const destroyed = call.api.params.find((p) => p.param.is === 'destroyed');
    const checks = [...pointerGuards(call), ...handleChecks(call)].join('');
    return (
        boundaryLines(call) +
        (created === undefined
            ? checks +
              requestText(call) +
              (call.reply === undefined ? lastLines(call, destroyed) : replyLines(call))
            : checks + createdLines(call, created)) +
        '    });\n'
    );
}

function lastLines(call: ApiCall, destroyed: ModelParam | undefined): string {
    const invoke = `guest::${verbOf(call)}(session, request);\n`;
    if (destroyed === undefined) return `        return ${invoke}`;
    return (
        `        const abi::CUresult result = ${invoke}` +
        `        guest::forget_handle(session, wire::to_handle(${destroyed.name}));\n        return result;\n`
    );
}

/** Only a synchronous call waits for its verdict. */
function verbOf(call: ApiCall): string {
    return call.class === 'sync' ? 'call' : 'send';
}

function pointerGuards(call: ApiCall): string[] {
    const bad: string[] = [];
    for (const { name, param } of call.api.params) {
        const nullable = param.is === 'out' ? param.nullable : param.is !== 'created' && param.is !== 'text';
        if (!nullable || call.api.row.guard?.[name] === 'notNull') bad.push(`${name} == nullptr`);
        if (call.api.row.guard?.[name] === 'nonZero') bad.push(`${name} == 0`);
    }
    return bad.map((test) => `        if (${test}) return abi::CUDA_ERROR_INVALID_VALUE;\n`);
}

/** One overload per kind of handle, so that a check in a stub is one line. */
function checkers(): string {
    const lines = Object.entries(handleKinds).map(
        ([kind, type]) =>
            `[[maybe_unused]] abi::CUresult checked(guest::Session& session, abi::${type} ${kind}) {\n` +
            `    return guest::check(session, wire::HandleKind::${kind}, wire::to_handle(${kind}));\n}\n`,
    );
    // Calls without handles still need a current context; a null one stands for it.
    const current =
        'abi::CUresult checked(guest::Session& session) {\n' +
        '    return guest::check(session, wire::HandleKind::context, wire::Handle{});\n}\n';
    return lines.join('') + current;
}

function handleChecks(call: ApiCall): string[] {
    const lines = call.api.params.flatMap(({ name, param }) => {
        if (param.is !== 'handle' && param.is !== 'destroyed') return [];
        const line = `        if (const auto bad = checked(session, ${name})) return bad;\n`;
        const tagged = `wire::to_handle(${name}).tagged()`;
        const untagged = `        if (!${tagged}) return abi::CUDA_ERROR_INVALID_HANDLE;\n`;
        return param.is === 'destroyed' ? [untagged, line] : [line];
    });
    return lines.length === 0 ? ['        if (const auto bad = checked(session)) return bad;\n'] : lines;
}

function requestText(call: ApiCall): string {
    const values = (call.request?.fields ?? []).map((field) => {
        const param = call.api.params.find((p) => p.field === field.name) as ModelParam;
        return `.${field.name} = ${valueText(param)}`;
    });
    return wrapList(`const wire::${call.name}_Request request{`, values, '};', '        ');
}

function valueText(param: ModelParam): string {
    switch (param.param.is) {
        case 'handle':
        case 'destroyed':
            return `wire::to_handle(${param.name})`;
        case 'created':
            return 'created';
        case 'text':
            return `wire::text(${param.name})`;
        case 'bytesIn':
            return `std::span(static_cast<const std::byte*>(${param.name}), ${param.param.size})`;
        default:
            return param.name;
    }
}

function createdLines(call: ApiCall, created: ModelParam): string {
    if (created.param.is !== 'created') return '';
    const { kind } = created.param;
    const store = `*${created.name} = wire::to_pointer<abi::${handleKinds[kind]}>(created);`;
    return (
        `        const wire::Handle created = guest::name_handle(session, wire::HandleKind::${kind});\n` +
        '        if (created.value == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;\n' +
        requestText(call) +
        `        const abi::CUresult result = guest::${verbOf(call)}(session, request);\n` +
        '        if (result != abi::CUDA_SUCCESS) guest::forget_handle(session, created);\n' +
        `        if (result == abi::CUDA_SUCCESS) ${store}\n` +
        '        return result;\n'
    );
}

function replyLines(call: ApiCall): string {
    const stores = call.api.params.map(({ name, param, field }) => {
        if (param.is !== 'out') return '';
        const wanted = param.nullable ? ` && ${name} != nullptr` : '';
        return `        if (result == abi::CUDA_SUCCESS${wanted}) *${name} = reply.${field};\n`;
    });
    return (
        `        wire::${call.name}_Reply reply;\n` +
        '        const abi::CUresult result = guest::call(session, request, reply);\n' +
        `${stores.join('')}        return result;\n`
    );
}
