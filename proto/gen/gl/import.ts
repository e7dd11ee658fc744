// Reads the registries of the Debian packages khronos-api and libegl-dev into rows of our own tables, for
// `npm run gen -- --import-gl`. Numbers that the committed tables have given are kept.

import { eglExtensions, features, furtherAliases, glExtensions, glxExtensions } from './import-scope.ts';
import {
    type Constants,
    type GlApiName,
    idBlocks,
    type RegistryCall,
    type RegistryParam,
} from './registry.ts';
import { childrenOf, descendantsOf, type Element, parseXml, textOf } from './xml.ts';

/** A call as a registry has it: without a number, and perhaps another name of an earlier one. */
export interface FoundCall extends Omit<RegistryCall, 'id' | 'aliases'> {
    readonly aliasOf?: string;
}

/** Gives numbers: those of `known` stay, the others follow them by name. Aliases fold into their call. */
export function numbered(
    api: GlApiName,
    found: readonly FoundCall[],
    known: readonly RegistryCall[],
): RegistryCall[] {
    const ids = new Map(known.map((call) => [call.name, call.id]));
    let next = Math.max(idBlocks[api] - 1, ...ids.values()) + 1;
    const byName = (left: { name: string }, right: { name: string }): number =>
        left.name < right.name ? -1 : 1;
    const calls = found.filter((call) => call.aliasOf === undefined).sort(byName);
    return calls
        .map(({ name, returns, params, versions }): RegistryCall => {
            const aliases = found.filter((other) => other.aliasOf === name).map((other) => other.name);
            return { id: ids.get(name) ?? next++, name, returns, params, versions, aliases: aliases.sort() };
        })
        .sort((left, right) => left.id - right.id);
}

/** The calls that Ferry takes of gl.xml or glx.xml. */
export function importXml(text: string, api: 'gl' | 'glx'): FoundCall[] {
    const registry = childrenOf(parseXml(text), 'registry')[0];
    if (registry === undefined) throw new Error(`${api}.xml: expected a <registry>`);
    const versions = versionsOf(registry, api === 'gl' ? glExtensions : glxExtensions);
    const commands = childrenOf(registry, 'commands').flatMap((list) => childrenOf(list, 'command'));
    const all = new Map(commands.map((command) => [nameOf(command), command]));
    // A call of a version is itself, whatever it is an alias of; one of extensions follows its alias.
    // Some that are not taken are aliases of each other.
    const rootOf = (name: string, steps = 0): string => {
        const next = furtherAliases[name] ?? aliasOf(all.get(name));
        const isCore = versions.get(name)?.some((version) => !/^GLX?_/.test(version)) === true;
        if (next === undefined || isCore || steps > 4) return name;
        const root = rootOf(next, steps + 1);
        return versions.has(root) ? root : name;
    };
    return [...all].flatMap(([name, command]): FoundCall[] => {
        const root = rootOf(name);
        if (!versions.has(root)) return [];
        const call = { ...prototypeOf(command), versions: versions.get(name) ?? [] };
        return [root === name ? call : { ...call, aliasOf: root }];
    });
}

function nameOf(command: Element): string {
    return descendantsOf(command, 'name')[0] === undefined
        ? ''
        : textOf(descendantsOf(command, 'name')[0] as Element);
}

function aliasOf(command: Element | undefined): string | undefined {
    return command === undefined ? undefined : childrenOf(command, 'alias')[0]?.attributes['name'];
}

function prototypeOf(command: Element): Omit<FoundCall, 'versions' | 'aliasOf'> {
    const [proto] = childrenOf(command, 'proto');
    const name = nameOf(command);
    const returns = typeText(proto === undefined ? '' : textOf(proto), name);
    return { name, returns, params: childrenOf(command, 'param').map(paramOf) };
}

function paramOf(param: Element): RegistryParam {
    const name = textOf(childrenOf(param, 'name')[0] as Element);
    const { len, group, class: kind } = param.attributes;
    const type = typeText(textOf(param), name);
    return {
        type,
        name,
        ...(len === undefined || !type.includes('*') ? {} : { length: len.replace(/ /g, '') }),
        ...(group === undefined ? {} : { group }),
        ...(kind === undefined ? {} : { kind: kind.replace(/ /g, '_') }),
    };
}

/** What stands before the name, in one spelling. */
function typeText(declaration: string, name: string): string {
    const before = declaration.slice(0, declaration.lastIndexOf(name));
    return before
        .replace(/\s+/g, ' ')
        .replace(/ ?\* ?/g, '*')
        .replace(/\*const\*/, '*const*')
        .trim();
}

/** Where each call that is taken appeared, oldest first. */
function versionsOf(registry: Element, extensions: readonly string[]): Map<string, string[]> {
    const versions = new Map<string, string[]>();
    const note = (name: string, version: string): void => {
        const list = versions.get(name) ?? [];
        const family = version.replace(/[\d.]+$/, '');
        if (!list.some((other) => other.replace(/[\d.]+$/, '') === family)) list.push(version);
        versions.set(name, list);
    };
    for (const feature of childrenOf(registry, 'feature')) {
        const { name = '', number = '' } = feature.attributes;
        if (!features.test(name)) continue;
        const family = name.startsWith('GL_ES') ? 'es' : name.startsWith('GLX') ? 'glx' : 'gl';
        commandsIn(feature, 'require').forEach((command) => note(command, `${family}${number}`));
        commandsIn(feature, 'remove').forEach((command) => note(command, 'compat'));
    }
    for (const list of childrenOf(registry, 'extensions')) {
        for (const extension of childrenOf(list, 'extension')) {
            const { name = '' } = extension.attributes;
            if (!extensions.includes(name)) continue;
            commandsIn(extension, 'require').forEach((command) => {
                if (!(command in furtherAliases)) note(command, name);
            });
        }
    }
    return versions;
}

function commandsIn(element: Element, tag: 'require' | 'remove'): string[] {
    return childrenOf(element, tag).flatMap((part) =>
        childrenOf(part, 'command').map((command) => command.attributes['name'] ?? ''),
    );
}

/** Every constant of gl.xml or glx.xml that desktop OpenGL or OpenGL ES 2 and later may be given. */
export function importEnums(text: string): Constants {
    const registry = childrenOf(parseXml(text), 'registry')[0];
    const constants = new Map<string, bigint>();
    for (const list of childrenOf(registry as Element, 'enums')) {
        for (const { attributes } of childrenOf(list, 'enum')) {
            const { name = '', value = '', api } = attributes;
            if (api !== undefined && api !== 'gl' && api !== 'gles2') continue;
            const number = /^-?(?:0x[0-9A-Fa-f]+|\d+)$/.test(value) ? parseNumber(value) : undefined;
            if (number !== undefined && !constants.has(name)) constants.set(name, number);
        }
    }
    return constants;
}

function parseNumber(text: string): bigint {
    return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
}

/** The prototypes of egl.h and the extensions that are taken of eglext.h. */
export function importEgl(headers: string): FoundCall[] {
    const calls: FoundCall[] = [];
    let block = '';
    for (const line of headers.replace(/\\\n/g, ' ').split('\n')) {
        block = /^#ifndef (EGL_\w+)/.exec(line)?.[1] ?? block;
        const found = /^EGLAPI (.+?) ?EGLAPIENTRY (\w+) ?\((.*)\);/.exec(line);
        const version = /^EGL_VERSION_(\d)_(\d)$/.exec(block);
        if (found === null || (version === null && !eglExtensions.includes(block))) continue;
        const [, returns = '', name = '', params = ''] = found;
        const since = version === null ? block : `egl${version[1]}.${version[2]}`;
        const parts = params === 'void' ? [] : params.split(/, ?/);
        const parsed = parts.map((part): RegistryParam => {
            const word = /(\w+)$/.exec(part)?.[1] ?? '';
            return { type: typeText(part, word), name: word };
        });
        calls.push({
            name,
            returns: typeText(`${returns} ${name}`, name),
            params: parsed,
            versions: [since],
        });
    }
    return calls;
}

/** Constants of the EGL headers that are plain numbers. */
export function importEglEnums(headers: string): Constants {
    const line = /^#define (EGL_\w+)\s+(?:EGL_CAST\(EGL\w+,\s*)?(-?(?:0x[0-9A-Fa-f]+|\d+))(?:ull)?\)?\s*$/gim;
    const switches = /^EGL_EGL|^EGL_VERSION_\d|PROTOTYPES$/;
    return new Map(
        [...headers.matchAll(line)]
            .filter(([whole, name = '']) => !switches.test(name) && !isExtensionMark(headers, name, whole))
            .map(([, name = '', value = '']): [string, bigint] => [name, parseNumber(value)]),
    );
}

/** `#ifndef EGL_X` followed by `#define EGL_X 1` says that an extension is there. */
function isExtensionMark(headers: string, name: string, definition: string): boolean {
    return headers.includes(`#ifndef ${name}\n${definition}`);
}
