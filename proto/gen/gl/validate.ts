// What the model of OpenGL may not be: a parameter without a form, a size that names nothing, ends that
// contradict each other. Answers sentences; the generator writes nothing while there is one.

import { hex } from '../cpp.ts';
import type { GlForm } from './forms.ts';
import type { GlCall, GlModel } from './model.ts';
import { idBlocks } from './registry.ts';

/** Names that generated bodies use themselves. */
const taken = new Set([
    'context',
    'executor',
    'header',
    'cursor',
    'sink',
    'request',
    'reply',
    'result',
    'sent',
]);

/** `sizes` is the text of proto/gl/sizes.h, whose functions size expressions may call. */
export function validateGl(model: GlModel, sizes: string): string[] {
    const ids = new Map<number, string>();
    const names = new Map<string, string>();
    const twice = model.calls.flatMap((call) => [
        ...once(ids, call.id, call.name, hex(call.id)),
        ...[call.name, ...call.gl.registry.aliases].flatMap((name) => once(names, name, call.name, name)),
    ]);
    return [
        ...model.problems,
        ...twice,
        ...model.calls.flatMap((call) =>
            problemsOf(call, sizes).map((problem) => `${call.name}: ${problem}`),
        ),
    ];
}

function once<T>(seen: Map<T, string>, key: T, owner: string, shown: string): string[] {
    const other = seen.get(key);
    seen.set(key, owner);
    return other === undefined ? [] : [`${owner}: ${shown} is ${other}'s already`];
}

function problemsOf(call: GlCall, sizes: string): string[] {
    const { api, rule, params } = call.gl;
    const problems: string[] = [];
    const end = api === 'gl' ? idBlocks.glx : api === 'glx' ? idBlocks.egl : 0x8000;
    if (call.id < idBlocks[api] || call.id >= end) problems.push(`id ${hex(call.id)} is not ${api}'s`);
    if (api !== 'gl') return problems;
    const known = new Set(params.map((param) => param.name));
    for (const name of Object.keys(rule.params ?? {})) {
        if (!known.has(name)) problems.push(`a rule for ${name}, which is no parameter`);
    }
    if (call.class === 'local') return problems;
    if (rule.wire !== undefined) {
        if (rule.guest !== 'hand' || rule.host !== 'hand')
            problems.push('a wire form of its own needs both ends by hand');
        return problems;
    }
    const formed = params.flatMap((param) =>
        formProblems(call, param.form, sizes).map((problem) => `${param.name}: ${problem}`),
    );
    return [...problems, ...formed, ...ends(call)];
}

/** Whether who writes each end agrees with what crosses. */
function ends(call: GlCall): string[] {
    const { rule, params, registry } = call.gl;
    const problems: string[] = [];
    const forms = params.map((param) => param.form?.is);
    if (registry.returns !== 'void' && call.gl.result === undefined && rule.gives === undefined)
        problems.push(`unclassified: nothing says what the ${registry.returns} it answers is`);
    if (call.guest === 'generated' && !call.gl.isSound && !forms.includes(undefined))
        problems.push('unclassified: its images or names need the guest by hand');
    const needsHost = forms.includes('packed') || forms.includes('answer');
    if (needsHost && call.host !== 'hand')
        problems.push('an output that only the host can size needs it by hand');
    if (rule.takes !== undefined && !forms.includes('name') && !forms.includes('names'))
        problems.push(`takes a ${rule.takes}, and no parameter names one`);
    if (rule.gives !== undefined && registry.returns === 'void' && !forms.includes('given'))
        problems.push(`gives a ${rule.gives}, and no parameter is for its name`);
    if (rule.track === true && rule.neverFails === true && call.class === 'sync')
        problems.push('a call that is waited for says itself whether it failed');
    return problems;
}

function formProblems(call: GlCall, form: GlForm | undefined, sizes: string): string[] {
    if (form === undefined) return ['unclassified: neither the registry nor the overlay says what crosses'];
    if (form.is === 'raw') return ['raw needs a wire form of its own, or a local call'];
    const size = 'size' in form ? form.size : '';
    const named = call.gl.params.map((param) => param.name);
    const clashes = call.guest === 'generated' || call.host === 'generated' ? named : [];
    return [
        ...clashes
            .filter((name) => taken.has(name))
            .map((name) => `the name ${name} is used by generated code`),
        ...sizeProblems(size, call, sizes),
    ];
}

/** Words of a size expression that are no parameter, no function of sizes.h, and no type. */
function sizeProblems(size: string, call: GlCall, sizes: string): string[] {
    const inputs = new Set(
        call.gl.params
            .filter(
                ({ form }) =>
                    form?.is === 'value' || (form?.is === 'length' && call.gl.rule.takes !== undefined),
            )
            .map((param) => param.name),
    );
    const words = size.match(/size::\w+|[A-Za-z_]\w*/g) ?? [];
    return words.flatMap((word) => {
        if (word.startsWith('size::')) {
            const name = word.slice('size::'.length);
            const there = new RegExp(`\\b${name}(\\(| =)`).test(sizes);
            return there ? [] : [`${word} is not in proto/gl/sizes.h`];
        }
        const fine = word === 'sizeof' || word === 'void' || /^GL[a-z]\w*$/.test(word) || inputs.has(word);
        return fine ? [] : [`${word} is no parameter that a size can be made of`];
    });
}
