// Reads ZLUDA's PTX tests where somebody has them: the tables in their mod.rs (Rust macros with arrays of
// numbers) become lines for cases.cc. Nothing of theirs is in this repository; ZLUDA_PTX_DIR names their
// folder ptx/src/test/spirv_run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PtxCase {
    readonly name: string;
    readonly file: string;
    readonly threads: number;
    /** Bytes in hexadecimal; `-` when the kernel takes no input. */
    readonly input: string;
    readonly output: string;
}

const macro = /^test_ptx(_with_32|_warp)?!\(\s*(\w+)\s*,/gm;
const warpThreads = 64;

/** The cases that have expectations; their compile-only tests are left out. */
export function readCases(folder: string): readonly PtxCase[] {
    const text = readFileSync(join(folder, 'mod.rs'), 'utf8').replaceAll(/\/\/.*/g, '');
    return [...text.matchAll(macro)].map((match) => {
        const [head, kind, name = ''] = match;
        const arrays = arraysFrom(text, match.index + head.length).map(bytesOf);
        const [input, output] = kind === '_warp' ? ['-', arrays[0]] : arrays;
        if (input === undefined || output === undefined) {
            throw new Error(`${name}: expected arrays of input and output`);
        }
        const threads = kind === '_warp' ? warpThreads : 1;
        return { name, file: join(folder, `${name}.ptx`), threads, input, output };
    });
}

/** The bracketed lists up to the macro's end. */
function arraysFrom(text: string, start: number): readonly string[] {
    const end = text.indexOf(');\n', start);
    return [...text.slice(start, end).matchAll(/\[([^\]]*)\]/g)].map(([, list]) => list ?? '');
}

/** A Rust array takes the type that one of its elements names; i32 or f64 when none does. */
function bytesOf(list: string): string {
    const elements = list.split(',').map((element) => element.trim());
    const full = elements.filter((element) => element !== '');
    const named = full.map(typeOf).find((type) => type !== undefined);
    const type = named ?? (full.some((element) => element.includes('.')) ? 'f64' : 'i32');
    return full.map((element) => hexOf(element, type)).join('');
}

function typeOf(element: string): string | undefined {
    if (element.startsWith('half::f16')) {
        return element.endsWith('.to_bits()') ? 'u16' : 'f16';
    }
    const path = /(?:^|::)([iuf]\d+)::/.exec(element)?.[1];
    const suffix = /^-?(?:0x[0-9a-fA-F_]+?|0b[01_]+|\d[\d._]*)([iu]\d+|f\d+)$/.exec(element)?.[1];
    // A hexadecimal number ends in digits that look like the suffix of a float.
    return path ?? (element.includes('0x') && suffix?.startsWith('f') === true ? undefined : suffix);
}

function hexOf(element: string, type: string): string {
    const size = Number(type.slice(1)) / 8;
    const view = new DataView(new ArrayBuffer(8));
    if (type.startsWith('f')) {
        const raw = /from_bits\((\w+)\)/.exec(element)?.[1];
        const width = size * 8;
        if (raw !== undefined) {
            view.setBigUint64(0, BigInt(raw), true);
        } else if (width === 64) {
            view.setFloat64(0, floatOf(element), true);
        } else if (width === 32) {
            view.setFloat32(0, floatOf(element), true);
        } else {
            view.setUint16(0, halfBits(floatOf(element)), true);
        }
    } else {
        view.setBigUint64(0, BigInt.asUintN(64, integerOf(element, type)), true);
    }
    return Buffer.from(view.buffer, 0, size).toString('hex');
}

function floatOf(element: string): number {
    const known = [
        [/\bNEG_INFINITY$/, -Infinity],
        [/\bINFINITY$/, Infinity],
        [/\bNAN$/, Number.NaN],
    ] as const;
    const special = known.find(([pattern]) => pattern.test(element));
    if (special !== undefined) {
        return special[1];
    }
    const pi = /\bPI(?:\s*\/\s*(\d+))?/.exec(element);
    if (pi !== null) {
        return Math.fround(Math.PI) / Number(pi[1] ?? '1');
    }
    const inner = /from_f(?:32|64)\(([^)]*)\)/.exec(element)?.[1] ?? element.replace(/f(?:32|64)$/, '');
    const value = Number(inner.replaceAll('_', ''));
    if (Number.isNaN(value)) {
        throw new Error(`expected a number, got ${element}`);
    }
    return value;
}

function integerOf(element: string, type: string): bigint {
    if (element.endsWith('NAN.to_bits()')) {
        return BigInt(halfBits(Number.NaN));
    }
    const width = BigInt(type.slice(1));
    const isSigned = type.startsWith('i');
    if (/::MIN$/.test(element)) {
        return isSigned ? -(1n << (width - 1n)) : 0n;
    }
    if (/::MAX$|::max_value\(\)$/.test(element)) {
        return (1n << (isSigned ? width - 1n : width)) - 1n;
    }
    const digits = element.replaceAll('_', '').replace(/(?:i|u)\d+$/, '');
    return digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits);
}

/** IEEE half precision, to nearest even, as Rust's half crate has it. Subnormal values do not occur. */
function halfBits(value: number): number {
    if (Number.isNaN(value)) {
        return 0x7e00;
    }
    const sign = Object.is(Math.sign(value), -0) || value < 0 ? 0x8000 : 0;
    const size = Math.abs(value);
    if (size === 0 || size === Infinity) {
        return sign | (size === 0 ? 0 : 0x7c00);
    }
    const exponent = Math.floor(Math.log2(size));
    const scaled = size * 2 ** (10 - exponent);
    const down = Math.floor(scaled);
    const up = scaled - down > 0.5 || (scaled - down === 0.5 && down % 2 === 1) ? 1 : 0;
    return sign | ((((exponent + 15) << 10) | (down - 1024)) + up);
}
