// What the type checker cannot see in the specification: numbers used twice, names that exist nowhere, rows
// whose parts contradict each other. Answers sentences; the generator writes nothing while there is one.

import type { Param } from '../spec/dsl.ts';
import { handleKinds } from '../spec/handles.ts';
import type { AbiHeader } from './abi-header.ts';
import { hex } from './cpp.ts';
import type { Api, Call, Model, ModelParam } from './model.ts';

const classes: readonly string[] = ['local', 'async', 'deferred', 'sync', 'host', 'device'];
/** Names that generated bodies use themselves. */
const taken = new Set([
    'session',
    'request',
    'reply',
    'result',
    'created',
    'bad',
    'executor',
    'cursor',
    'sink',
]);
const plainTypes = new Set([
    'void',
    'char',
    'int',
    'float',
    'size_t',
    'const',
    'unsigned',
    'short',
    'long',
]);

export function validate(model: Model, abi: AbiHeader, handleHeader: string): string[] {
    return [
        ...numbers(model),
        ...limitRows(model),
        ...handleNumbers(handleHeader),
        ...model.calls.flatMap((call) =>
            call.api === null ? sessionRow(call) : row(call, call.api, model, abi),
        ),
    ];
}

function numbers(model: Model): string[] {
    const seen = new Map<number, string>();
    return model.calls.flatMap((call) => {
        const other = seen.get(call.id);
        seen.set(call.id, call.name);
        return other === undefined ? [] : [`${call.name}: id ${hex(call.id)} is ${other}'s already`];
    });
}

function sessionRow(call: Call): string[] {
    return call.id >= 1 && call.id <= 0xff
        ? []
        : [`${call.name}: expected an id in 0x0001..0x00ff, got ${hex(call.id)}`];
}

/** A limit of zero would refuse everything, and one nobody can read about is no limit. */
function limitRows(model: Model): string[] {
    return Object.entries(model.limits).flatMap(([name, limit]) =>
        limit.value > 0 && Number.isInteger(limit.value) && limit.doc.endsWith('.')
            ? []
            : [`limits.${name}: expected a positive whole number and a sentence`],
    );
}

function handleNumbers(header: string): string[] {
    return Object.keys(handleKinds).flatMap((kind) =>
        new RegExp(`\\b${kind} = \\d+,`).test(header)
            ? []
            : [`handles: ${kind} has no number in proto/wire/handle.h`],
    );
}

function row(call: Call, api: Api, model: Model, abi: AbiHeader): string[] {
    const problems = [
        ...identity(call, api),
        ...documented(call, api, abi),
        ...typed(api, abi),
        ...written(call, api),
        ...ordered(call, api),
        ...forwarded(api, model),
        ...named(call, api),
    ];
    return problems.map((problem) => `${call.name}: ${problem}`);
}

function identity(call: Call, api: Api): string[] {
    const problems: string[] = [];
    if (call.id >> 8 !== api.block)
        problems.push(`id ${hex(call.id)} is not in block ${hex(api.block << 8)}`);
    if (!classes.includes(call.class)) problems.push(`unclassified: expected one of ${classes.join(', ')}`);
    if (api.row.since < 2000 || api.row.since > 99000)
        problems.push(`since ${api.row.since} is no CUDA version`);
    return problems;
}

function documented(call: Call, api: Api, abi: AbiHeader): string[] {
    const known = new Set(
        (abi.enums.get('CUresult') ?? []).map((name) => name.replace(/^CUDA_(ERROR_)?/, '')),
    );
    const problems = Object.keys(api.row.fails)
        .filter((name) => name !== '*' && !known.has(name))
        .map((name) => `fails.${name}: no such code in proto/cudart/abi/result.h`);
    if (Object.keys(api.row.fails).length === 0) problems.push('says no way to fail');
    if (!call.doc.endsWith('.') || call.doc.length > 107)
        problems.push('doc: expected one sentence of one line');
    if (api.row.source === '') problems.push('source is empty');
    return problems;
}

function typed(api: Api, abi: AbiHeader): string[] {
    return api.params.flatMap(({ name, cType }) => {
        const words = cType.match(/\w+/g) ?? [];
        const unknown = words.filter((word) => !plainTypes.has(word) && !abi.types.has(word));
        return unknown.map((word) => `${name}: type ${word} is not in proto/cudart/abi`);
    });
}

/** Whether the parts that say who writes the call agree. */
function written(call: Call, api: Api): string[] {
    const { row: said } = api;
    const problems: string[] = [];
    const raw = api.params.filter((p) => p.param.is === 'raw').map((p) => p.name);
    const sides = [said.via, said.sends, said.wire].filter((side) => side !== undefined);
    if (sides.length > 1) problems.push('expected at most one of via, sends and wire');
    if (said.wire !== undefined && said.hand !== 'both')
        problems.push("a wire form of its own needs hand: 'both'");
    if (said.sends !== undefined && said.hand !== 'guest') problems.push("sends needs hand: 'guest'");
    if (said.via !== undefined && said.hand !== undefined)
        problems.push('a forwarding row has nothing to write by hand');
    const stays = ['local', 'host', 'device'].includes(call.class);
    if (stays && (said.hand ?? said.wire ?? said.sends) !== undefined) {
        problems.push(`${call.class} rows have neither hand, wire nor sends`);
    }
    if (call.guest === 'generated' && raw.length > 0)
        problems.push(`${raw.join(', ')}: raw needs the guest by hand`);
    if (call.host === 'generated' && raw.length > 0)
        problems.push(`${raw.join(', ')}: raw needs the host by hand`);
    if (call.class === 'deferred' && call.guest === 'generated')
        problems.push('deferred needs the guest by hand');
    if (call.class === 'async' && call.reply !== undefined && call.guest !== 'hand') {
        problems.push('an async call has no reply to take outputs from');
    }
    return problems;
}

/** Streams: what orders a call, and whether its twin can know which stream it means. */
function ordered(call: Call, api: Api): string[] {
    const { flow, twin, guard } = api.row;
    const names = new Set(api.params.map((p) => p.name));
    const problems: string[] = [];
    const order = flow.class === 'async' ? flow.order : flow.class === 'deferred' ? flow.lands : undefined;
    if (order !== undefined && !names.has(order)) problems.push(`orders by ${order}, which is no parameter`);
    const hasStream = api.params.some((p) => p.cType === 'CUstream');
    if (twin === 'ptsz' && !hasStream && !['hand', 'local', 'none'].includes(call.guest))
        problems.push('twin ptsz without a stream to replace');
    if (twin === 'ptds' && hasStream) problems.push('twin ptds is for calls without a stream parameter');
    if (twin === undefined && hasStream && call.id >> 8 === 0x08)
        problems.push('a copy or fill without its twin');
    for (const name of Object.keys(guard ?? {})) {
        if (!names.has(name)) problems.push(`guards ${name}, which is no parameter`);
    }
    return problems;
}

function forwarded(api: Api, model: Model): string[] {
    const problems = (api.row.sends ?? [])
        .filter((name) => model.byName.get(name)?.request === undefined)
        .map((name) => `sends ${name}, which has no record`);
    const { via } = api.row;
    if (via === undefined) return problems;
    const target = model.byName.get(via.call)?.api;
    if (target === undefined || target === null)
        return [...problems, `forwards to ${via.call}, which does not exist`];
    const unused = Object.keys(via.with).filter((name) => !target.params.some((p) => p.name === name));
    problems.push(...unused.map((name) => `${via.call} has no parameter ${name}`));
    return [
        ...problems,
        ...target.params.flatMap((wanted) => forwardedArgument(wanted, api, via.with[wanted.name])),
    ];
}

function forwardedArgument(wanted: ModelParam, api: Api, argument: unknown): string[] {
    const from = (argument as { from?: string } | undefined)?.from;
    if (argument !== undefined && from === undefined) return [];
    const name = from ?? wanted.name;
    const given = api.params.find((p) => p.name === name);
    if (given === undefined) return [`forwards no ${wanted.name}`];
    return given.cType === wanted.cType
        ? []
        : [`forwards ${name} as ${given.cType}, expected ${wanted.cType}`];
}

function named(call: Call, api: Api): string[] {
    const generated = call.guest === 'generated' || call.host === 'generated';
    const clashes = generated ? api.params.filter((p) => taken.has(p.name)) : [];
    const fields = [...(call.request?.fields ?? [])].map((field) => field.name);
    const twice = fields.filter((name, index) => fields.indexOf(name) !== index);
    return [
        ...clashes.map((p) => `parameter name ${p.name} is used by generated code`),
        ...twice.map((name) => `two fields are called ${name}`),
        ...api.params.flatMap((p) => sized(p.name, p.param, api)),
    ];
}

function sized(name: string, param: Param, api: Api): string[] {
    if (param.is !== 'bytesIn') return [];
    const size = api.params.find((p) => p.name === param.size);
    return size?.cType === 'size_t' ? [] : [`${name}: expected a size_t parameter ${param.size}`];
}
