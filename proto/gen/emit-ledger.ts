// Emits what people review: proto/ledger/cuda.txt and session.txt, one line a call, and proto/LIMITS.md.
// `&` uses a handle, `+` names one, `-` ends one, `[n]` is sized by a sibling, `->` is the reply.

import { banner, hex } from './cpp.ts';
import type { Api, Call, Message, Model, ModelParam, WireField } from './model.ts';

const legend =
    '# id call class(detail) parameters | marks. & uses a handle, + names one, - ends one, [n] sized by a ' +
    'sibling,\n' +
    '# out comes back in the reply; raw has no wire form. record{...} and reply{...} stand where they are ' +
    'not the\n' +
    '# parameters themselves.\n';

export function emitCudaLedger(model: Model): string {
    const lines = model.calls.flatMap((call) => (call.api === null ? [] : [line(call, call.api)]));
    return banner('proto/spec/cuda', 'proto/gen/emit-ledger.ts', '#') + legend + lines.join('');
}

export function emitSessionLedger(model: Model): string {
    const lines = model.calls
        .filter((call) => call.api === null)
        .map((call) => `${id(call)} ${call.name} ${call.class}${messages(call)} hand:both\n`);
    return banner('proto/spec/session.ts', 'proto/gen/emit-ledger.ts', '#') + lines.join('');
}

function id(call: Call): string {
    return hex(call.id).slice(2);
}

function line(call: Call, api: Api): string {
    const { row } = api;
    const marks = [
        `since:${row.since}`,
        ...(row.twin === undefined ? [] : [`twin:${row.twin}`]),
        ...Object.entries(row.aliases ?? {}).map(([name, since]) => `alias:${name}@${since}`),
        ...Object.entries(row.guard ?? {}).map(([name, guard]) => `guard:${name}=${guard}`),
        ...(row.charge === undefined ? [] : [`charge:${row.charge.quota}(${row.charge.by})`]),
        ...(row.hand === undefined ? [] : [`hand:${row.hand}`]),
        ...(row.via === undefined ? [] : [`via:${row.via.call}`]),
        ...(row.sends ?? []).map((name) => `sends:${name}`),
        ...(api.required ? ['driver:required'] : []),
    ];
    const params = api.params.map((p) => ` ${p.name}:${paramText(p)}`).join('');
    const wire = row.wire === undefined ? '' : messages(call);
    return `${id(call)} ${call.name} ${flowText(api)}${params}${wire} | ${marks.join(' ')}\n`;
}

function flowText(api: Api): string {
    const { flow } = api.row;
    switch (flow.class) {
        case 'local':
            return flow.needs === 'nothing' ? 'local(always)' : 'local';
        case 'async':
            return `async(${[...(flow.order === undefined ? [] : [flow.order]), flow.error].join(',')})`;
        case 'deferred':
            return `deferred(${flow.lands})`;
        case 'sync':
            return `sync(${flow.waits})`;
        case 'host':
        case 'device':
            return flow.class;
    }
}

function paramText({ param, name, field }: ModelParam): string {
    const renamed = field === undefined || field === name ? '' : `=${field}`;
    switch (param.is) {
        case 'scalar':
            return `${param.c.startsWith('CU') ? param.c : param.wire}${renamed}`;
        case 'handle':
            return `&${param.kind}${renamed}`;
        case 'created':
            return `+${param.kind}${renamed}`;
        case 'destroyed':
            return `-${param.kind}${renamed}`;
        case 'out':
            return `out ${param.wire}${renamed}`;
        case 'bytesIn':
            return `in[${param.size}]${renamed}`;
        case 'text':
            return `text${renamed}`;
        case 'raw':
            return `raw(${param.c})`;
    }
}

function messages(call: Call): string {
    const show = (name: string, message: Message | undefined): string =>
        message === undefined ? '' : ` ${name}{${message.fields.map(fieldText).join(' ')}}`;
    return show('record', call.request) + show('reply', call.reply);
}

function fieldText(field: WireField): string {
    const type = field.type === 'handle' ? `&${field.kind}` : field.type;
    return `${field.name}:${type}${field.limit === undefined ? '' : `<=${field.limit}`}`;
}

export function emitLimitsPage(model: Model): string {
    const rows = Object.entries(model.limits).map(
        ([name, limit]) => `| \`${name}\` | ${limit.value} | ${limit.unit} | ${limit.doc} |\n`,
    );
    return (
        '<!-- Generated from proto/spec/limits.ts by proto/gen/emit-ledger.ts; edit the former. -->\n' +
        '# Limits\n\n' +
        'What a guest may ask for, and the numbers both ends share. Going over one is answered, never ' +
        'ignored:\n' +
        'the guest refuses at once what it can see, and the host ends a session whose record says ' +
        'otherwise.\n\n' +
        `| name | value | unit | what it bounds |\n|---|---|---|---|\n${rows.join('')}`
    );
}
