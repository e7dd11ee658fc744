// Emits the host's side: host/driver_table.h (every driver entry point by name), host/hand.h (what the engine
// writes by hand), host/dispatch.h and host/dispatch.cc (one handler per record).

import { handleKinds } from '../spec/handles.ts';
import { banner, columns, qualified, wrapComment, wrapList } from './cpp.ts';
import type { Api, Call, Model, ModelParam } from './model.ts';

const author = 'proto/gen/emit-dispatch.ts';

export function emitDriverTable(model: Model): string {
    const apis = model.calls.filter((call): call is Call & { api: Api } => call.api !== null);
    const members = apis.map((call) => {
        const types = call.api.params.map((p) => qualified(p.cType));
        return wrapList(`abi::CUresult (*${call.name})(`, types, ') = nullptr;', '    ');
    });
    const symbols = apis.map(
        (c) => `    {"${c.name}", offsetof(DriverTable, ${c.name}), ${c.api.required}},\n`,
    );
    return (
        banner('proto/spec/cuda', author) +
        "// The seam to a CUDA driver: NVIDIA's, the software device or the null device fill it. Only " +
        'required entries are\n' +
        '// sure to be there; whoever calls another one looks first.\n' +
        '#pragma once\n#include <cstddef>\n\n#include "cudart/abi.h"\n#include "cudart/lent_memory.h"\n\n' +
        'namespace device {\n\n' +
        `struct DriverTable {\n${members.join('')}` +
        "    // No part of libcuda's ABI: the software device's.\n" +
        '    const LentMemory* lent_memory = nullptr;\n};\n\n' +
        'struct DriverSymbol {\n    const char* name;\n    std::size_t offset;\n    bool required;\n};\n\n' +
        `inline constexpr DriverSymbol kDriverSymbols[] = {\n${symbols.join('')}};\n\n` +
        `}  // namespace device\n`
    );
}

// The records of GL's lanes have an executor, and so a dispatch, of their own.
function records(model: Model): Call[] {
    return model.calls.filter((call) => call.request !== undefined && !call.name.startsWith('gl_'));
}

export function emitHostHand(model: Model): string {
    const declarations = records(model)
        .filter((call) => call.host === 'hand')
        .map((call) => {
            const params = [
                'Executor& executor',
                'const wire::RecordHeader& header',
                `const wire::${call.name}_Request& request`,
                'ReplySink& sink',
            ];
            return wrapComment(call.doc) + wrapList(`abi::CUresult ${call.name}(`, params, ');');
        });
    return (
        banner('proto/spec', author) +
        '// What the engine writes by hand: the generated handler has decoded the record and calls one of ' +
        'these.\n' +
        '#pragma once\n#include "cudart/abi.h"\n#include "wire/codec.h"\n\nnamespace engine {\n\n' +
        'class Executor;\nclass ReplySink;\n\nnamespace hand {\n\n' +
        `${declarations.join('')}\n}  // namespace hand\n\n}  // namespace engine\n`
    );
}

export function emitDispatchHeader(): string {
    return (
        banner('proto/spec', author) +
        '#pragma once\n#include <cstdint>\n\n#include "cudart/abi.h"\n#include "wire/cursor.h"\n' +
        '#include "wire/record.h"\n\nnamespace engine {\n\nclass Executor;\nclass ReplySink;\n\n' +
        'using Handler = abi::CUresult (*)(Executor&, const wire::RecordHeader&, wire::Cursor&, ' +
        'ReplySink&);\n\n' +
        '// The handler of a record, or null for a number no record has.\n' +
        'Handler find_handler(std::uint16_t call);\n\n}  // namespace engine\n'
    );
}

export function emitDispatch(model: Model): string {
    const all = records(model);
    const cases = all.map((call) => `        case wire::CallId::${call.name}: return run_${call.name};\n`);
    return (
        banner('proto/spec', author) +
        '#include "host/dispatch.h"\n\n#include "engine/executor.h"\n#include "host/driver_table.h"\n' +
        '#include "host/hand.h"\n#include "wire/codec.h"\n\nnamespace engine {\nnamespace {\n\n' +
        all.map(handler).join('\n') +
        '\n}  // namespace\n\nHandler find_handler(std::uint16_t call) {\n' +
        `    switch (static_cast<wire::CallId>(call)) {\n` +
        `${cases.join('')}        default: return nullptr;\n` +
        '    }\n}\n\n}  // namespace engine\n'
    );
}

function handler(call: Call): string {
    const generated = call.host === 'generated' && call.api !== null;
    const body = generated ? generatedBody(call, call.api) : handBody(call);
    const uses = (name: string): boolean => body.includes(name);
    const params = [
        'Executor& executor',
        'const wire::RecordHeader& header',
        'wire::Cursor& cursor',
        `ReplySink&${uses('sink') ? ' sink' : ''}`,
    ];
    return (
        wrapList(`abi::CUresult run_${call.name}(`, params, ') {') +
        `    wire::${call.name}_Request request;\n` +
        '    if (!wire::decode(cursor, request)) {\n        executor.malformed(header);\n' +
        '        return abi::CUDA_ERROR_INVALID_VALUE;\n    }\n' +
        `${body}}\n`
    );
}

function handBody(call: Call): string {
    return `    return hand::${call.name}(executor, header, request, sink);\n`;
}

function generatedBody(call: Call, api: Api): string {
    const created = api.params.find((p) => p.param.is === 'created');
    const missing =
        `    if (executor.driver().${call.name} == nullptr) return ` + `abi::CUDA_ERROR_NOT_SUPPORTED;\n`;
    const prepared = [...(api.required ? [] : [missing]), ...api.params.flatMap(prepare)];
    const invoke = `executor.driver().${call.name}(`;
    const args = api.params.map(argument);
    if (created === undefined && call.reply === undefined) {
        return prepared.join('') + wrapList(`return ${invoke}`, args, ');', '    ');
    }
    const stored = api.params
        .filter((p) => p.param.is === 'out')
        .map((p) => `    reply.${p.field} = ${p.name};\n`);
    const finish =
        created === undefined
            ? `    wire::${call.name}_Reply reply;\n${stored.join('')}    sink.outputs(reply);\n` +
              `    return result;\n`
            : `    return executor.bind(${kindOf(created)}, request.${created.field}, ${created.name});\n`;
    return (
        prepared.join('') +
        wrapList(`const abi::CUresult result = ${invoke}`, args, ');', '    ') +
        `    if (result != abi::CUDA_SUCCESS) return result;\n${finish}`
    );
}

function kindOf(param: ModelParam): string {
    const { param: p } = param;
    const kind = p.is === 'created' || p.is === 'destroyed' || p.is === 'handle' ? p.kind : '';
    return `wire::HandleKind::${kind}`;
}

/** Declares what the driver's argument is made of: resolved handles, and room for outputs. */
function prepare(param: ModelParam): string[] {
    const { name, param: p, field } = param;
    if (p.is === 'created') return [`    abi::${handleKinds[p.kind]} ${name}{};\n`];
    if (p.is === 'out') return [`    ${qualified(p.c)} ${name}{};\n`];
    if (p.is === 'destroyed') {
        const take = `executor.take(${kindOf(param)}, request.${field}, &${name})`;
        return [`    void* ${name} = nullptr;\n    if (const auto bad = ${take}) return bad;\n`];
    }
    if (p.is !== 'handle') return [];
    const resolve = `executor.resolve(${kindOf(param)}, request.${field}, header, ${name})`;
    const line = `    if (const auto bad = ${resolve}) return bad;\n`;
    const wrapped = line.length <= columns + 1 ? line : line.replace(') return', ')\n        return');
    return [`    abi::${handleKinds[p.kind]} ${name}{};\n${wrapped}`];
}

function argument(param: ModelParam, _index: number, all: readonly ModelParam[]): string {
    const { name, param: p, field } = param;
    switch (p.is) {
        case 'created':
        case 'out':
            return `&${name}`;
        case 'handle':
            return name;
        case 'destroyed':
            return `static_cast<abi::${handleKinds[p.kind]}>(${name})`;
        case 'bytesIn':
            return `request.${field}.data()`;
        case 'text':
            return `wire::c_string(request.${field})`;
        case 'raw':
            return name;
        case 'scalar': {
            const bytes = all.find((other) => other.param.is === 'bytesIn' && other.param.size === name);
            if (bytes !== undefined) return `request.${bytes.field}.size()`;
            // The guest numbers devices as its Welcome did; the driver, as the host has them.
            if (p.c === 'CUdevice') return `executor.device(request.${field})`;
            return p.c.startsWith('CU') && p.wire === 'i32'
                ? `static_cast<${qualified(p.c)}>(request.${field})`
                : `request.${field}`;
        }
    }
}
