// One configuration from four sources: flag over environment over file over default. Every problem is
// reported, each with name, expected and actual. Called by the CLI before a daemon starts; it starts
// nothing itself.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'smol-toml';

import { DaemonError, messageOf } from '../errors.ts';
import { loopbackExpected, parseLoopback } from './loopback.ts';
import { configFileCandidates, defaultSocket, places, type Environment } from './places.ts';
import {
    envNameOf,
    flagNameOf,
    settingKeys,
    settings,
    type Config,
    type Setting,
    type SettingKey,
} from './settings.ts';

/** Flags as the command line gave them: by key, still text. */
export type FlagValues = Readonly<Partial<Record<SettingKey, string>>>;

export interface LoadedConfig {
    readonly config: Config;
    /** Where each value came from: a flag, a variable, a file, or "default". */
    readonly origins: Readonly<Record<SettingKey, string>>;
    readonly file: string | null;
}

interface Found {
    readonly value: unknown;
    readonly origin: string;
}

/** Throws DaemonError config_invalid naming everything that is wrong, a line each. */
export function loadConfig(flags: FlagValues, env: Environment, namedFile?: string): LoadedConfig {
    const file =
        namedFile ?? env['FERRY_CONFIG'] ?? configFileCandidates(env).find((path) => existsSync(path));
    const problems: string[] = [];
    const fromFile = file === undefined ? new Map<string, unknown>() : readConfigFile(file);
    for (const name of fromFile.keys()) {
        if (!(name in settings)) {
            problems.push(`${name}: expected a known setting, got this name in ${file}`);
        }
    }
    const config: Record<string, string | number> = {};
    const origins: Record<string, string> = {};
    for (const key of settingKeys) {
        const found = findValue(key, flags, env, fromFile, file);
        const checked = checkValue(key, settings[key], found);
        if (typeof checked === 'object') {
            problems.push(checked.problem);
            continue;
        }
        config[key] = checked;
        origins[key] = found.origin;
    }
    problems.push(...contradictions(config));
    if (problems.length > 0) {
        throw new DaemonError('config_invalid', problems.join('\n'));
    }
    return {
        // SAFETY: the loop above put a value of the setting's own kind under every key, or a problem was
        // thrown.
        config: fillPaths(config as unknown as Config, env),
        origins: origins as Record<SettingKey, string>,
        file: file ?? null,
    };
}

// What is wrong between settings that are right by themselves.
function contradictions(config: Readonly<Record<string, string | number>>): string[] {
    const { 'device.driver': driver = '', 'device.driver_path': path = '' } = config;
    if (path === '' || driver === 'nvidia' || driver === 'software') {
        return [];
    }
    return [`device.driver: expected nvidia or software when device.driver_path is set, got "${driver}"`];
}

function readConfigFile(file: string): Map<string, unknown> {
    let parsed: Record<string, unknown>;
    try {
        parsed = parse(readFileSync(file, 'utf8'));
    } catch (error) {
        throw new DaemonError(
            'config_invalid',
            `config file ${file}: expected TOML, got: ${messageOf(error)}`,
            error,
        );
    }
    const flat = new Map<string, unknown>();
    for (const [name, value] of Object.entries(parsed)) {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) {
            flat.set(name, value);
            continue;
        }
        for (const [inner, innerValue] of Object.entries(value)) {
            flat.set(`${name}.${inner}`, innerValue);
        }
    }
    return flat;
}

function findValue(
    key: SettingKey,
    flags: FlagValues,
    env: Environment,
    fromFile: ReadonlyMap<string, unknown>,
    file: string | undefined,
): Found {
    const flag = flags[key];
    if (flag !== undefined) {
        return { value: flag, origin: `--${flagNameOf(key)}` };
    }
    const variable = env[envNameOf(key)];
    if (variable !== undefined) {
        return { value: variable, origin: envNameOf(key) };
    }
    if (fromFile.has(key)) {
        return { value: fromFile.get(key), origin: file ?? 'file' };
    }
    return { value: settings[key].fallback, origin: 'default' };
}

function checkValue(key: string, setting: Setting, found: Found): string | number | { problem: string } {
    const problem = (expected: string) => ({
        problem: `${key}: expected ${expected}, got ${JSON.stringify(found.value)} (from ${found.origin})`,
    });
    switch (setting.kind) {
        case 'integer': {
            const value = integerOf(found.value);
            const { min, max, unit } = setting;
            const valid = value !== null && value >= min && value <= max;
            return valid ? value : problem(`an integer from ${min} to ${max} (${unit})`);
        }
        case 'choice': {
            const value = setting.choices.find((name) => name === found.value);
            return value ?? problem(`one of ${setting.choices.join(', ')}`);
        }
        case 'loopback': {
            const { value } = found;
            const valid = value === '' || (typeof value === 'string' && parseLoopback(value) !== null);
            return valid ? value : problem(loopbackExpected);
        }
        case 'path': {
            const { value } = found;
            if (typeof value !== 'string' || value.includes('\0')) {
                return problem('a path');
            }
            const full = value === '' ? '' : resolve(value);
            const fits = Buffer.byteLength(full) <= setting.maxLength;
            return fits ? full : problem(`a path of at most ${setting.maxLength} bytes`);
        }
    }
}

function integerOf(value: unknown): number | null {
    if (typeof value === 'number' && Number.isSafeInteger(value)) {
        return value;
    }
    return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : null;
}

function fillPaths(config: Config, env: Environment): Config {
    return {
        ...config,
        'socket': config.socket === '' ? defaultSocket(env) : config.socket,
        'workers.addon': config['workers.addon'] === '' ? places.addon : config['workers.addon'],
    };
}

/** The configuration as TOML, each value with its origin, so that it can be saved and read again. */
export function printConfig(loaded: LoadedConfig): string {
    const lines: string[] = [];
    let table = '';
    for (const key of settingKeys) {
        const [first = '', second] = key.split('.');
        if (second !== undefined && first !== table) {
            table = first;
            lines.push('', `[${table}]`);
        }
        const { doc } = settings[key];
        lines.push(`# ${doc}; from ${loaded.origins[key]}`);
        lines.push(`${second ?? first} = ${JSON.stringify(loaded.config[key])}`);
    }
    return `${lines.join('\n')}\n`;
}
