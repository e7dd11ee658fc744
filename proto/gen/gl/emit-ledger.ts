// Emits what people review of OpenGL: proto/ledger/gl.txt, one line a call, and proto/GL.md, the counts.

import { banner, hex } from '../cpp.ts';
import { formatPrototype } from './registry.ts';
import { isRefused } from './emit-stubs.ts';
import type { GlForm } from './forms.ts';
import type { GlCall, GlModel } from './model.ts';

const author = 'proto/gen/gl/emit-ledger.ts';

const legend =
    '# id call class parameters -> result | marks. & uses a name, + makes one, - ends one, [n] bytes of\n' +
    '# an array, ? may be null, out comes back in the reply, @ is an offset into a buffer. record{...}\n' +
    '# and reply{...} stand where they are not the parameters. guest and host say which end is by hand.\n';

export function emitGlLedger(model: GlModel): string {
    return banner('proto/spec/gl', author, '#') + legend + model.calls.map(line).join('');
}

function line(call: GlCall): string {
    const { api, rule, result, registry } = call.gl;
    const id = hex(call.id).slice(2);
    if (api !== 'gl') return `${id} ${formatPrototype(registry)} | guest:hand\n`;
    const own = rule.wire !== undefined;
    const params =
        call.class === 'local'
            ? ''
            : own
              ? ownText(call)
              : call.gl.params.map((param) => ` ${param.name}:${formText(param.form, rule.takes)}`).join('');
    const given = rule.gives !== undefined && registry.returns !== 'void' ? ` -> +${rule.gives}` : '';
    const answer = own || result === undefined ? given : ` -> ${result}`;
    const marks = [
        ...(call.guest === 'generated' ? [] : ['guest:hand']),
        ...(rule.track === true && call.guest === 'generated' ? ['track'] : []),
        ...(call.host === 'hand' ? ['host:hand'] : []),
        ...(rule.neverFails === true ? ['neverFails'] : []),
        ...registry.versions,
        ...registry.aliases.map((name) => `alias:${name}`),
    ];
    return `${id} ${call.name} ${call.class}${params}${answer} | ${marks.join(' ')}\n`;
}

function ownText(call: GlCall): string {
    const show = (what: string, message = call.request): string =>
        message === undefined
            ? ''
            : ` ${what}{${message.fields.map((f) => `${f.name}:${f.type}`).join(' ')}}`;
    return show('record') + (call.reply === undefined ? '' : show('reply', call.reply));
}

function formText(form: GlForm | undefined, takes: string | undefined): string {
    switch (form?.is) {
        case 'value':
            return form.wire;
        case 'name':
            return `${takes === undefined ? '&' : '-'}${form.kind}`;
        case 'names':
            return `${takes === undefined ? '&' : '-'}${form.kind}[${form.size}]${form.nullable ? '?' : ''}`;
        case 'array':
            return `in[${form.size}]${form.nullable ? '?' : ''}`;
        case 'pixels':
            return `image[${form.size}]${form.nullable ? '?' : ''}`;
        case 'one':
            return `out ${form.wire}?`;
        case 'out':
            return `out[${form.size}]`;
        case 'answer':
            return 'out[*]';
        case 'packed':
            return 'out image';
        case 'given':
            return `+${form.kind}`;
        case 'offset':
            return `@${form.binding}`;
        default:
            return form?.is ?? 'unclassified';
    }
}

interface Kind {
    readonly title: string;
    readonly meaning: string;
    readonly has: (call: GlCall) => boolean;
}

const kinds: readonly Kind[] = [
    {
        title: 'generated, appended',
        meaning: 'the stub packs the parameters into a record and returns',
        has: (call) => call.guest === 'generated' && call.class === 'async' && call.gl.rule.track !== true,
    },
    {
        title: 'generated, appended, tracked',
        meaning: 'the same, once the guest has noted what a getter will ask',
        has: (call) => call.guest === 'generated' && call.class === 'async' && call.gl.rule.track === true,
    },
    {
        title: 'generated, waited for',
        meaning: 'one round trip for what the call answers',
        has: (call) => call.guest === 'generated' && call.class === 'sync',
    },
    {
        title: 'by hand, with a record',
        meaning: 'the guest answers, packs, cuts or names itself, and may send the record',
        has: (call) => call.guest === 'hand',
    },
    {
        title: 'by hand, never a record',
        meaning: 'answered in the guest, or done by records of other calls',
        has: (call) => call.guest === 'local',
    },
];

/** The page of docs that says how many calls there are of which sort, and what is missing. */
export function emitGlPage(model: GlModel): string {
    const gl = model.calls.filter((call) => call.gl.api === 'gl');
    const others = model.calls.length - gl.length;
    const aliases = gl.reduce((sum, call) => sum + call.gl.registry.aliases.length, 0);
    const rows = kinds.map(
        ({ title, meaning, has }) => `| ${title} | ${gl.filter(has).length} | ${meaning} |\n`,
    );
    const open = gl.filter((call) => call.gl.unwritten.guest);
    const refused = open.filter(isRefused).length;
    const untracked = gl.filter((call) => call.gl.unwritten.track).length;
    const absent = gl.filter((call) => call.gl.unwritten.host).length;
    const records = gl.filter((call) => call.request !== undefined);
    return (
        `<!-- ${banner('proto/spec/gl', author, '').trim()} -->\n# OpenGL, counted\n\n` +
        `${gl.length} calls of OpenGL 1.0 to 4.6, core and compatibility, and OpenGL ES 2.0 to 3.2, under ` +
        `${gl.length + aliases} names;\n${others} of GLX 1.4 and EGL 1.5, all by hand in the guest. ` +
        'One line a call: [ledger/gl.txt](ledger/gl.txt).\n\n' +
        `| calls | number | what the guest does |\n|---|---:|---|\n${rows.join('')}\n` +
        `On the host ${records.filter((call) => call.host === 'hand').length} of ${records.length} records ` +
        'are executed by hand, the others by generated handlers.\n\n' +
        'Not written yet, by name in [spec/gl/unwritten.txt](spec/gl/unwritten.txt):\n\n' +
        `- ${open.length - refused} calls that the guest is to answer itself cross as records meanwhile;\n` +
        `- ${refused} are refused in the guest with \`GL_INVALID_OPERATION\`, and logged once;\n` +
        `- ${absent} are refused so on the host;\n` +
        `- ${untracked} cross and are not noted for getters.\n`
    );
}
