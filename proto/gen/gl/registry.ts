// The committed tables of OpenGL, GLX and EGL as data: one call a line, one constant a line. The importer
// writes them, the generator reads them; neither knows the other's sources.
//
//   4000 glActiveTexture void | GLenum texture:TextureUnit | gl1.3 es2.0 | glActiveTextureARB
//   id   name            ret    type name[length]:group@class  versions     other names of the same call

export interface RegistryParam {
    /** C type as one spelling: `const GLfloat*`. */
    readonly type: string;
    readonly name: string;
    /** What the registry says of its length, in elements; `void` counts bytes. */
    readonly length?: string;
    readonly group?: string;
    /** The kind of object a GLuint names. */
    readonly kind?: string;
}

export interface RegistryCall {
    readonly id: number;
    readonly name: string;
    readonly returns: string;
    readonly params: readonly RegistryParam[];
    /** `gl1.0`, `es2.0`, `compat` where the core profile has dropped it, or names of extensions. */
    readonly versions: readonly string[];
    readonly aliases: readonly string[];
}

/** Where the calls of an API begin: an id is stable for ever, a new call takes the next free one. */
export const idBlocks = { gl: 0x4000, glx: 0x7000, egl: 0x7800 } as const;
export type GlApiName = keyof typeof idBlocks;

/** The constants of one table: name and value, decimal or hexadecimal. */
export type Constants = ReadonlyMap<string, bigint>;

export class RegistryError extends Error {}

export function formatCall(call: RegistryCall): string {
    const id = call.id.toString(16).padStart(4, '0');
    const parts = [
        `${id} ${call.name} ${call.returns}`,
        call.params.map(formatParam).join(', '),
        call.versions.join(' '),
        call.aliases.join(' '),
    ];
    return `${parts.join(' | ').replace(/[ |]+$/, '')}\n`;
}

function formatParam(param: RegistryParam): string {
    const length = param.length === undefined ? '' : `[${param.length}]`;
    const group = param.group === undefined ? '' : `:${param.group}`;
    const kind = param.kind === undefined ? '' : `@${param.kind}`;
    return `${param.type} ${param.name}${length}${group}${kind}`;
}

export function parseCalls(text: string, file: string): RegistryCall[] {
    return rows(text).map(([line, number]) => {
        const parsed = parseCall(line);
        if (parsed === undefined) throw new RegistryError(`${file}:${number}: expected a call, got ${line}`);
        return parsed;
    });
}

/** The lines that are no comment, with their numbers. */
function rows(text: string): [string, number][] {
    return text
        .split('\n')
        .map((line, index): [string, number] => [line, index + 1])
        .filter(([line]) => line !== '' && !line.startsWith('#'));
}

function parseCall(line: string): RegistryCall | undefined {
    const [head = '', params = '', versions = '', aliases = ''] = line.split(/ ?\| ?/);
    const found = /^([0-9a-f]{4}) (\w+) (.+)$/.exec(head);
    if (found === null) return undefined;
    const [, id = '', name = '', returns = ''] = found;
    const parsed = params === '' ? [] : params.split(', ').map(parseParam);
    if (parsed.some((param) => param === undefined)) return undefined;
    return {
        id: Number.parseInt(id, 16),
        name,
        returns,
        params: parsed.filter((param) => param !== undefined),
        versions: words(versions),
        aliases: words(aliases),
    };
}

function words(text: string): string[] {
    return text.split(' ').filter((word) => word !== '');
}

function parseParam(text: string): RegistryParam | undefined {
    const found = /^(.+) (\w+)(?:\[([^\]]*)\])?(?::(\w+))?(?:@(\w+))?$/.exec(text);
    if (found === null) return undefined;
    const [, type = '', name = '', length, group, kind] = found;
    return {
        type,
        name,
        ...(length === undefined ? {} : { length }),
        ...(group === undefined ? {} : { group }),
        ...(kind === undefined ? {} : { kind }),
    };
}

export function formatConstant(name: string, value: bigint): string {
    return `${name} ${value < 0n ? value : `0x${value.toString(16)}`}\n`;
}

export function parseConstants(text: string, file: string): Map<string, bigint> {
    return new Map(
        rows(text).map(([line, number]): [string, bigint] => {
            const found = /^(\w+) (-?)(0x[0-9a-f]+|\d+)$/.exec(line);
            if (found === null)
                throw new RegistryError(`${file}:${number}: expected a constant, got ${line}`);
            const value = BigInt(found[3] ?? '0');
            return [found[1] ?? '', found[2] === '-' ? -value : value];
        }),
    );
}

/** A call as C declares it, on one line. */
export function formatPrototype(call: RegistryCall): string {
    const params = call.params.map((param) => `${param.type} ${param.name}`);
    return `${call.returns} ${call.name}(${params.join(', ')})`;
}
