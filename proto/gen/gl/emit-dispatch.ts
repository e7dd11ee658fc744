// Emits the host's handlers of OpenGL records, host/gl_dispatch.h and .cc: decode, check the size of every
// array, find the driver's names, call, answer.

import { banner, columns, wrapList } from '../cpp.ts';
import { partOf, recorded, sizeOfRequest, type Unit, units } from './cpp.ts';
import { isRequired } from './emit-host-table.ts';
import type { GlForm } from './forms.ts';
import { givenField, type GlCall, type GlModel, type GlParam } from './model.ts';
import { idBlocks } from './registry.ts';

const author = 'proto/gen/gl/emit-dispatch.ts';
const malformed = 'return executor.malformed(header);';

export function emitDispatchHeader(): string {
    return (
        banner('proto/spec', author) +
        '#pragma once\n#include <cstdint>\n\n#include "wire/cursor.h"\n#include "wire/record.h"\n\n' +
        'namespace engine {\n\nclass GlExecutor;\nclass ReplySink;\n\n' +
        'using GlHandler = void (*)(GlExecutor&, const wire::RecordHeader&, wire::Cursor&, ReplySink&);\n\n' +
        '// The handler of a record on a lane of OpenGL, or null for a number that none has.\n' +
        'GlHandler find_gl_handler(std::uint16_t call);\n\n' +
        '// Those of one unit each; a table from the first number of OpenGL on.\n' +
        `${units.map((unit) => `void ${adder(unit)}(GlHandler* handlers);\n`).join('')}\n` +
        '}  // namespace engine\n'
    );
}

/** The function that enters the handlers of one unit into the table. */
const adder = (unit: Unit): string => `add_gl_handlers_${unit}`;

const preamble =
    '#include "engine/gl/arguments.h"\n#include "engine/gl/array_ends.h"\n' +
    '#include "engine/gl/list_bytes.h"\n#include "engine/replies.h"\n#include "gl/sizes.h"\n' +
    '#include "gl/view.h"\n' +
    '#include "host/gl_hand.h"\n#include "host/gl_table.h"\n#include "wire/gl_codec.h"\n' +
    '#include "wire/limits.h"\n' +
    '#include "wire/text.h"\n\n';

export function emitDispatchUnit(model: GlModel, unit: Unit): string {
    const calls = partOf(recorded(model), unit);
    const entries = calls.map(
        (call) => `    handlers[0x${(call.id - idBlocks.gl).toString(16)}] = run_${call.name};\n`,
    );
    return (
        banner('proto/spec/gl', author) +
        `#include "host/gl_dispatch.h"\n\n${preamble}namespace engine {\nnamespace {\n\n` +
        `namespace size = wire::gl::size;\n\n${calls.map(handler).join('\n')}\n}  // namespace\n\n` +
        `void ${adder(unit)}(GlHandler* handlers) {\n${entries.join('')}}\n\n}  // namespace engine\n`
    );
}

export function emitDispatch(model: GlModel): string {
    const last = Math.max(...recorded(model).map((call) => call.id)) - idBlocks.gl;
    return (
        banner('proto/spec', author) +
        '#include "host/gl_dispatch.h"\n\n#include <array>\n\nnamespace engine {\nnamespace {\n\n' +
        `constexpr std::uint16_t kFirst = 0x${idBlocks.gl.toString(16)};\n` +
        `using Handlers = std::array<GlHandler, 0x${(last + 1).toString(16)}>;\n\n` +
        'const Handlers& handlers() {\n    static const Handlers all = [] {\n        Handlers table{};\n' +
        `${units.map((unit) => `        ${adder(unit)}(table.data());\n`).join('')}` +
        '        return table;\n    }();\n    return all;\n}\n\n}  // namespace\n\n' +
        'GlHandler find_gl_handler(std::uint16_t call) {\n' +
        '    const Handlers& all = handlers();\n' +
        '    return call >= kFirst && call < kFirst + all.size() ? all[call - kFirst] : nullptr;\n' +
        '}\n\n}  // namespace engine\n'
    );
}

function shell(name: string, body: string, usesSink: boolean): string {
    const params = [
        'GlExecutor& executor',
        'const wire::RecordHeader& header',
        'wire::Cursor& cursor',
        `ReplySink&${usesSink ? ' sink' : ''}`,
    ];
    return (
        wrapList(`void run_${name}(`, params, ') {') +
        `    wire::${name}_Request request;\n    if (!wire::decode(cursor, request)) ${malformed}\n${body}}\n`
    );
}

function handBody(name: string): string {
    return `    gl::hand::${name}(executor, header, request, sink);\n`;
}

function handler(call: GlCall): string {
    const checks =
        call.gl.rule.wire === undefined ? call.gl.params.flatMap((p) => check(p, call)).join('') : '';
    if (call.gl.unwritten.host) return shell(call.name, `${checks}    executor.missing();\n`, false);
    if (call.host === 'hand') return shell(call.name, checks + handBody(call.name), true);
    const missing = `    if (executor.table().${call.name} == nullptr) return executor.missing();\n`;
    const body = `${checks}${isRequired(call) ? '' : missing}${generatedBody(call)}`;
    return shell(call.name, body, call.class === 'sync');
}

/** Whether a nullable array is there: where the names that it goes with are, the driver reads it, too. */
function given(name: string, call: GlCall): string {
    const leader = call.gl.params.find(({ form }) => form?.is === 'names' && form.nullable);
    return leader === undefined || leader.name === name
        ? `!request.${name}.empty()`
        : `!(request.${leader.name}.empty() && request.${name}.empty())`;
}

/** Whether the record holds what the driver will read. */
function check({ name, form }: GlParam, call: GlCall): string[] {
    const field = `request.${name}`;
    const less = (size: string): string => `${field}.size() < ${sizeOfRequest(size, call.gl.params)}`;
    const line = (test: string): string => {
        const flat = `    if (${test}) ${malformed}\n`;
        return flat.length <= columns ? flat : `    if (${test})\n        ${malformed}\n`;
    };
    switch (form?.is) {
        case 'array':
        case 'names':
            // How many names there are to end, the array says itself.
            if (call.gl.rule.takes !== undefined) return [];
            return [line(form.nullable ? `${given(name, call)} && ${less(form.size)}` : less(form.size))];
        case 'pixels':
            return [
                wrapList(
                    'if (!gl::holds(',
                    [`${field}_from`, field, sizeOfRequest(form.size, call.gl.params)],
                    '))',
                    '    ',
                ),
                `        ${malformed}\n`,
            ];
        case 'out': {
            const size = sizeOfRequest(form.size, call.gl.params);
            if (call.host === 'hand') return [line(`${size} > wire::limits::kGlDataBytes`)];
            const declared = `    const std::size_t ${name}_size = ${size};\n`;
            return [declared, line(`${name}_size > wire::limits::kGlDataBytes`)];
        }
        default:
            return [];
    }
}

/** Drivers add the two without looking whether the sum is a number. */
function ranges(call: GlCall): string {
    const has = (wanted: string, type: string): boolean =>
        call.gl.params.some((param) => param.name === wanted && param.type === type);
    return has('first', 'GLuint') && has('count', 'GLsizei')
        ? '    if (!gl::is_range(executor, request.first, request.count)) return;\n'
        : '';
}

/** Draws of elements that the call itself names. */
const draws = /^glDraw(Arrays|(Range)?Elements)(Instanced)?(BaseVertex)?(BaseInstance)?$/;

function withinEnds(call: GlCall): string {
    if (!draws.test(call.name)) return '';
    const base = call.name.includes('BaseVertex') ? 'request.basevertex' : '0';
    const elements = call.name.startsWith('glDrawArrays')
        ? ['request.first', 'request.count']
        : ['request.count', 'request.type', 'indices', base];
    const test = 'if (executor.reads_past_ends() && !gl::has_elements(';
    return wrapList(test, ['executor', ...elements], ')) return;', '    ');
}

/** Calls in which GL ignores the size of a range of no buffer. */
const ignoresSize = /^gl(Bind|Tex|Texture|TransformFeedback)BufferRange$/;

/**
 * Sizes below nothing are an error of GL's; some drivers believe them. What is by hand looks for itself. In a
 * list that is being compiled the error is one of the list's calls, which only GL can put there.
 */
function negatives(call: GlCall): string {
    if (ignoresSize.test(call.name)) return '';
    const sizes = call.gl.params.filter(
        ({ type, form }) => form?.is === 'value' && (type === 'GLsizei' || type === 'GLsizeiptr'),
    );
    if (sizes.length === 0) return '';
    const list = sizes.map(({ name }) => `request.${name}`);
    const test = call.class === 'sync' ? 'if (' : 'if (!executor.compiles() && ';
    return wrapList(`${test}gl::any_negative(`, list, ')) return executor.negative();', '    ');
}

function generatedBody(call: GlCall): string {
    const { rule } = call.gl;
    const refused = ranges(call) + negatives(call);
    const prepared = refused + call.gl.params.flatMap((param) => prepare(param, call)).join('');
    const invoke = (args: readonly string[]): string => `executor.table().${call.name}(${args.join(', ')})`;
    const find = rule.takes !== undefined ? 'take' : binders.test(call.name) ? 'bound_name' : 'name';
    const args = call.gl.params.map((param) => argument(param, find));
    if (rule.gives !== undefined) return prepared + givenBody(call, args);
    if (rule.takes !== undefined && call.gl.params.some(({ form }) => form?.is === 'names')) {
        return prepared + takenBody(call, args);
    }
    if (call.class === 'sync') return prepared + syncBody(call, args);
    return prepared + withinEnds(call) + wrapList(`${invoke([]).slice(0, -1)}`, args, ');', '    ');
}

/** Makes objects, and enters them under the names that the guest has chosen. */
function givenBody(call: GlCall, args: readonly string[]): string {
    const { rule, params } = call.gl;
    const kind = `GlName::${rule.gives}`;
    const given = params.find(({ form }) => form?.is === 'given');
    const made = `executor.table().${call.name}(${args.join(', ')})`;
    if (given === undefined) {
        const bind = rule.gives === 'sync' ? 'executor.give_sync(' : `executor.give(${kind}, `;
        return `    ${bind}request.${givenField}, ${made});\n`;
    }
    return (
        `    executor.give(${kind}, wire::gl::names(request.${given.name}), ` +
        '[&](GLsizei count, GLuint* names) {\n' +
        `        ${made};\n    });\n`
    );
}

/** Ends objects, whose names are free from here on. */
function takenBody(call: GlCall, args: readonly string[]): string {
    const { rule, params } = call.gl;
    const taken = params.find(({ form }) => form?.is === 'names');
    return (
        `    executor.take(GlName::${rule.takes}, wire::gl::names(request.${taken?.name}), ` +
        '[&](GLsizei count, const GLuint* names) {\n' +
        `        executor.table().${call.name}(${args.join(', ')});\n    });\n`
    );
}

function syncBody(call: GlCall, args: readonly string[]): string {
    const { params, result } = call.gl;
    const stored = params.flatMap(storeLine).join('');
    const answer = result === undefined ? '' : 'const auto result = ';
    return (
        wrapList(`${answer}executor.table().${call.name}(`, args, ');', '    ') +
        `    wire::${call.name}_Reply reply;\n` +
        (result === undefined ? '' : '    reply.result = result;\n') +
        `${stored}    sink.outputs(reply);\n`
    );
}

/** Calls whose bytes drivers copy into lists without looking whether they are a buffer's. */
const copiedByLists = /^gl(Compressed|PixelMap)/;

function listBytes(name: string, size: string, call: GlCall): string[] {
    const args = ['executor', `request.${name}_from`, sizeOfRequest(size, call.gl.params), name];
    return [
        wrapList(`const gl::ListBytes ${name}_of(`, args, ');', '    '),
        `    if (${name}_of.is_refused()) return;\n`,
    ];
}

/** Declares what the driver's argument is made of. */
function prepare({ name, form }: GlParam, call: GlCall): string[] {
    switch (form?.is) {
        case 'one':
            return [`    ${form.element} ${name}{};\n`];
        case 'out':
            return [`    wire::gl::Room ${name}(${name}_size);\n`];
        case 'array':
            return form.padded
                ? [`    const wire::gl::Padded<${form.element}> ${name}(request.${name});\n`]
                : [];
        case 'offset':
            return [
                `    const void* ${name} = nullptr;\n`,
                wrapList(
                    'if (!gl::offset(',
                    ['executor', `wire::gl::Binding::${form.binding}`, `request.${name}`, name],
                    ')) return;',
                    '    ',
                ),
            ];
        case 'pixels':
            return [
                `    const void* ${name} = nullptr;\n`,
                wrapList(
                    'if (!gl::unpack(',
                    [
                        'executor',
                        `request.${name}_from`,
                        `request.${name}`,
                        sizeOfRequest(form.nullable ? '0' : form.size, call.gl.params),
                        `request.${name}_offset`,
                        name,
                    ],
                    ')) return;',
                    '    ',
                ),
                ...(copiedByLists.test(call.name) ? listBytes(name, form.size, call) : []),
            ];
        default:
            return [];
    }
}

/** Calls that make the object of a name that the program has made up. */
const binders = /^glBind(Texture|Renderbuffer|Buffer(Base|Range|OffsetEXT)?)$|^glBeginQuery/;

function argument(param: GlParam, find: 'take' | 'name' | 'bound_name'): string {
    const { name, form, type } = param;
    const takes = find === 'take';
    switch (form?.is) {
        case 'name':
            if (form.kind === 'sync')
                return `gl::sync(executor.${takes ? 'take_sync' : 'sync'}(request.${name}))`;
            return `executor.${find}(GlName::${form.kind}, request.${name})`;
        case 'names':
            return takes ? 'names' : `gl::names(executor, GlName::${form.kind}, request.${name})`;
        case 'array':
            return form.padded
                ? `${name}.data()`
                : `wire::gl::view<${elementOf(form, type)}>(request.${name})`;
        case 'text':
            return `wire::c_string(request.${name})`;
        case 'counted':
            return `wire::gl::view<GLchar>(request.${name})`;
        case 'length':
            return form.each === 1 ? `static_cast<${type}>(request.${form.of}.size())` : 'count';
        case 'given':
            return 'names';
        case 'one':
            return `&${name}`;
        case 'out':
            return `${name}.data<${form.element === 'void' ? 'std::byte' : form.element}>()`;
        case 'offset':
            return name;
        case 'pixels':
            return type === 'const void*' ? name : `static_cast<${type}>(${name})`;
        default:
            return `request.${name}`;
    }
}

function elementOf(form: GlForm, type: string): string {
    return form.is === 'array' && type !== 'const void*' ? form.element : 'std::byte';
}

function storeLine({ name, form }: GlParam): string[] {
    if (form?.is === 'one') return [`    reply.${name} = ${name};\n`];
    if (form?.is !== 'out') return [];
    return [`    reply.${name} = ${name}.${form.element === 'GLchar' ? 'text' : 'bytes'}();\n`];
}
