// Emits the guest's OpenGL calls: guest/gl_stubs.h and .cc. A stub finds the current context, then sends what
// the call is, or hands it to what is written by hand; it holds no other logic.

import { banner, wrapList } from '../cpp.ts';
import type { GlKind } from '../../spec/gl/rules.ts';
import type { GlForm } from './forms.ts';
import { glCalls, names, nothing, parameters, partOf, prototype, refused, type Unit } from './cpp.ts';
import type { GlCall, GlModel, GlParam } from './model.ts';

const author = 'proto/gen/gl/emit-stubs.ts';

/** Hand-written calls whose generated form their authors may fall back to. */
export function remoteCalls(model: GlModel): GlCall[] {
    return glCalls(model).filter((call) => call.guest === 'hand' && call.gl.isSound);
}

export function emitStubsHeader(model: GlModel): string {
    return (
        banner('proto/spec/gl', author) +
        '// Every call of OpenGL as the program makes it, in the context that is current on its thread.\n' +
        '#pragma once\n#include "gl/types.h"\n\nnamespace guest::gl::stub {\n\n' +
        glCalls(model)
            .map((call) => prototype(call, call.name, [], ';'))
            .join('') +
        '\n}  // namespace guest::gl::stub\n'
    );
}

/** The stubs of one of several units. */
export function emitStubs(model: GlModel, unit: Unit): string {
    const own = partOf(glCalls(model), unit);
    const remote = own.filter((call) => call.guest === 'hand' && call.gl.isSound);
    return (
        banner('proto/spec/gl', author) +
        '#include "guest/gl_stubs.h"\n\n#include <cstring>\n\n#include "gl/enums.h"\n' +
        '#include "gl/runtime.h"\n#include "gl/sizes.h"\n' +
        '#include "gl/valid.h"\n#include "gl/view.h"\n#include "guest/gl_hand.h"\n' +
        '#include "wire/gl_codec.h"\n' +
        '#include "wire/limits.h"\n#include "wire/text.h"\n\n' +
        'namespace guest::gl {\n\nnamespace size = wire::gl::size;\n\nnamespace {\n\n' +
        '// False, and GL_OUT_OF_MEMORY: no record is as large.\n' +
        '[[maybe_unused]] bool fits(Context& context, std::size_t size, std::size_t limit) {\n' +
        '    if (size <= limit) [[likely]]\n        return true;\n' +
        '    fail(context, GL_OUT_OF_MEMORY);\n    return false;\n}\n\n' +
        '// The same for an array that must be there; where it is not, GL itself would have crashed.\n' +
        '[[maybe_unused]] bool takes(Context& context, const void* array, std::size_t size) {\n' +
        '    if (array == nullptr && size != 0) [[unlikely]] {\n' +
        '        fail(context, GL_INVALID_VALUE);\n        return false;\n    }\n' +
        '    return fits(context, size, wire::limits::kGlDataBytes);\n}\n\n' +
        '}  // namespace\n\n' +
        `namespace remote {\n\n${remote.map(remoteBody).join('\n')}\n}  // namespace remote\n\n` +
        `namespace stub {\n\n${own.map(stubBody).join('\n')}\n` +
        '}  // namespace stub\n\n}  // namespace guest::gl\n'
    );
}

function remoteBody(call: GlCall): string {
    return `${prototype(call, call.name, ['Context& context'], ' {')}${generated(call)}}\n`;
}

function stubBody(call: GlCall): string {
    const head = wrapList(`${call.gl.registry.returns} ${call.name}(`, stubParameters(call), ') {');
    const enter =
        '    Context* const current_context = current();\n' +
        `    if (current_context == nullptr) ${nothing(call)}\n`;
    const follow = namesShared(call) ? '    current_context->follow_names();\n' : '';
    if (call.guest === 'generated') {
        return `${head}${enter}${follow}    Context& context = *current_context;\n${generated(call)}}\n`;
    }
    if (isRefused(call)) {
        return (
            `${head}${enter}    not_forwarded(wire::GlCallId::${call.name});\n` +
            `    fail(*current_context, GL_INVALID_OPERATION);\n    ${nothing(call)}\n}\n`
        );
    }
    const space = call.gl.unwritten.guest ? 'remote' : 'hand';
    const returned = call.gl.registry.returns === 'void' ? '' : 'return ';
    const args = ['*current_context', ...names(call)];
    return `${head}${enter}${follow}${wrapList(`${returned}${space}::${call.name}(`, args, ');', '    ')}}\n`;
}

/** Objects of these kinds are each context's own. */
const unshared: readonly GlKind[] = ['framebuffer', 'vertex_array', 'query', 'pipeline', 'feedback'];

/** Whether a parameter may be a name that another context of the share group has made. */
function namesShared(call: GlCall): boolean {
    return call.gl.params.some(
        ({ form }) => (form?.is === 'name' || form?.is === 'names') && !unshared.includes(form.kind),
    );
}

/** By hand, not written, and nothing generated does instead. */
export function isRefused(call: GlCall): boolean {
    return call.guest !== 'generated' && call.gl.unwritten.guest && !call.gl.isSound;
}

function stubParameters(call: GlCall): string[] {
    return isRefused(call) ? call.gl.params.map((param) => param.type) : parameters(call);
}

/** The body that packs the parameters, sends them, and stores what comes back. Expects `Context& context`. */
function generated(call: GlCall): string {
    const { rule, unwritten, params } = call.gl;
    const tracks = rule.track === true && call.guest === 'generated' && !unwritten.track;
    const track = tracks
        ? wrapList(`if (!track::${call.name}(`, ['context', ...names(call)], `)) ${nothing(call)}`, '    ')
        : '';
    const taken = params.flatMap((param) => bytesLine(call, param));
    const values = params.flatMap(fieldValues);
    const request = `wire::${call.name}_Request{`;
    if (call.class === 'async') {
        const sent = wrapList(`send(context, ${request}`, values, '});', '    ');
        return track + taken.join('') + setLines(call) + sent;
    }
    const stores = params.flatMap(storeLine);
    const result = call.gl.result === undefined ? '' : `    return ${resultText(call)};\n`;
    return (
        track +
        taken.join('') +
        wrapList(`const ${request.replace('{', ' sent{')}`, values, '};', '    ') +
        `    wire::${call.name}_Reply reply;\n` +
        `    if (!call(context, sent, reply)) ${refused(call)}\n${stores.join('')}${result}`
    );
}

/** Tells the shadow what the call sets, and the errors that it cannot fail. */
function setLines(call: GlCall): string {
    const { sets } = call.gl.rule;
    if (sets === undefined) return '';
    const takes = sets.anywhere === true ? 'takes_within' : 'takes';
    return (
        wrapList(`const bool is_sure = context.shadow.${takes}(`, [sets.when], ');', '    ') +
        Object.entries(sets.values)
            .map(([name, values]) =>
                wrapList('context.shadow.set(', ['is_sure', name, ...values], ');', '    '),
            )
            .join('') +
        '    if (is_sure) context.errors().vouch();\n'
    );
}

function resultText(call: GlCall): string {
    return `static_cast<${call.gl.registry.returns}>(reply.result)`;
}

/** Declares the bytes of an array, where they have to be counted first. */
function bytesLine(call: GlCall, { name, form }: GlParam): string[] {
    const checked = (size: string, limit: string): string =>
        `    if (!fits(context, ${size}, wire::limits::${limit})) ${refused(call)}\n`;
    switch (form?.is) {
        case 'array':
        case 'names':
            return [
                form.nullable && !isConstant(form)
                    ? `    const std::size_t ${name}_size = ${name} == nullptr ? 0 : ${form.size};\n`
                    : `    const std::size_t ${name}_size = ${form.size};\n`,
                form.nullable
                    ? checked(`${name}_size`, 'kGlDataBytes')
                    : `    if (!takes(context, ${name}, ${name}_size)) ${refused(call)}\n`,
            ];
        case 'out':
            return [
                `    const std::size_t ${name}_size = ${form.size};\n`,
                ...(isConstant(form) ? [] : [checked(`${name}_size`, 'kGlDataBytes')]),
            ];
        case 'text':
            return [
                `    if (!takes(context, ${name}, 1)) ${refused(call)}\n`,
                `    const auto ${name}_text = wire::text(${name});\n`,
                checked(`${name}_text.size()`, 'kNameBytes'),
            ];
        case 'counted': {
            const length = lengthOf(call, name);
            const size = `${length} < 0 ? std::strlen(${name}) : size::bytes(${length})`;
            return [
                `    const std::size_t ${name}_size = ${name} == nullptr ? 0 : ${size};\n`,
                checked(`${name}_size`, 'kGlDataBytes'),
            ];
        }
        default:
            return [];
    }
}

function lengthOf(call: GlCall, name: string): string {
    return call.gl.params.find(({ form }) => form?.is === 'length' && form.of === name)?.name ?? '0';
}

/** Whether the size depends on nothing that a program says, or on no more than an enumerant. */
function isConstant(form: GlForm): boolean {
    return 'size' in form && !/size::(?!parameters|clear_value|pixel\b|k)/.test(form.size);
}

function fieldValues({ name, form }: GlParam): string[] {
    switch (form?.is) {
        case 'value':
            return [`.${name} = ${name}`];
        case 'name':
            return [form.kind === 'sync' ? `.${name} = wire::gl::number(${name})` : `.${name} = ${name}`];
        case 'array':
        case 'names':
            return [`.${name} = wire::gl::in(${name}, ${name}_size)`];
        case 'counted':
            return [`.${name} = wire::gl::in(${name}, ${name}_size)`];
        case 'text':
            return [`.${name} = ${name}_text`];
        case 'offset':
            return [`.${name} = wire::gl::number(${name})`];
        default:
            return [];
    }
}

function storeLine({ name, form }: GlParam): string[] {
    switch (form?.is) {
        case 'one':
            return [`    if (${name} != nullptr) *${name} = static_cast<${form.element}>(reply.${name});\n`];
        case 'out':
            return [`    wire::gl::out(${name}, reply.${name}, ${name}_size);\n`];
        case 'answer':
            return [`    wire::gl::out(${name}, reply.${name}, reply.${name}.size());\n`];
        default:
            return [];
    }
}
