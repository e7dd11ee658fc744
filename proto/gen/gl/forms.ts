// What one parameter of an OpenGL call is on the wire: the registry's word for it, then the overlay's. Used
// by model.ts; a parameter for which neither says enough has no form, and the generator refuses the call.

import type { Scalar } from '../../spec/dsl.ts';
import { type GlBinding, type GlKind, glKinds, type GlRule, type ParamRule } from '../../spec/gl/rules.ts';
import type { RegistryCall, RegistryParam } from './registry.ts';

/** Sizes are C++ expressions in bytes over the parameters' names. */
export type GlForm =
    | { readonly is: 'value'; readonly wire: Scalar }
    | { readonly is: 'name'; readonly kind: GlKind }
    | { readonly is: 'names'; readonly kind: GlKind; readonly size: string; readonly nullable: boolean }
    | {
          readonly is: 'array';
          readonly element: string;
          readonly size: string;
          readonly nullable: boolean;
          /** Sized by an enumerant that the driver may know better: it gets room to read more. */
          readonly padded: boolean;
      }
    | { readonly is: 'text' }
    | { readonly is: 'counted' }
    /** How many elements `of` has: not sent, for the array says it. */
    | { readonly is: 'length'; readonly of: string; readonly each: number }
    | { readonly is: 'offset'; readonly binding: GlBinding }
    | { readonly is: 'pixels'; readonly size: string; readonly nullable: boolean }
    | { readonly is: 'packed' }
    /** One value stored through a pointer that may be null. */
    | { readonly is: 'one'; readonly wire: Scalar; readonly element: string }
    | { readonly is: 'out'; readonly element: string; readonly size: string }
    | { readonly is: 'answer'; readonly element: string }
    /** Names that the guest has chosen, in place of those that the call would answer. */
    | { readonly is: 'given'; readonly kind: GlKind }
    | { readonly is: 'raw' };

/** Scalar types of OpenGL, by what carries them. */
export const scalarWire: Readonly<Record<string, Scalar>> = {
    GLenum: 'u32',
    GLbitfield: 'u32',
    GLboolean: 'u8',
    GLbyte: 'i8',
    GLubyte: 'u8',
    GLchar: 'u8',
    GLshort: 'i16',
    GLushort: 'u16',
    GLint: 'i32',
    GLuint: 'u32',
    GLsizei: 'i32',
    GLfloat: 'f32',
    GLclampf: 'f32',
    GLdouble: 'f64',
    GLclampd: 'f64',
    GLfixed: 'i32',
    GLintptr: 'i64',
    GLsizeiptr: 'i64',
    GLint64: 'i64',
    GLuint64: 'u64',
    GLhandleARB: 'u32',
};

interface Pointee {
    readonly element: string;
    readonly isConst: boolean;
}

/** `const GLfloat*` as its element; undefined for what is no pointer, or one to pointers. */
export function pointee(type: string): Pointee | undefined {
    const found = /^(const )?(\w+)\*$/.exec(type);
    return found === null ? undefined : { element: found[2] ?? '', isConst: found[1] !== undefined };
}

export function formOf(param: RegistryParam, call: RegistryCall, rule: GlRule): GlForm | undefined {
    const said = rule.params?.[param.name];
    if (said !== undefined) return ruledForm(param, said);
    const counts = countedBy(param.name, call, rule);
    if (counts !== undefined) return counts;
    const to = pointee(param.type);
    if (to === undefined) return valueForm(param);
    if (rule.gives !== undefined && !to.isConst && to.element === 'GLuint') {
        return { is: 'given', kind: rule.gives };
    }
    const kind = kindOf(param);
    const size = sizeOf(param, to.element);
    if (kind !== undefined) {
        return size === undefined || !to.isConst ? undefined : { is: 'names', kind, size, nullable: false };
    }
    if (to.isConst && to.element === 'GLchar' && size === undefined) return { is: 'text' };
    return size === undefined ? undefined : arrayForm(to, size, false, param.length === '1');
}

function kindOf(param: RegistryParam): GlKind | undefined {
    if (param.type === 'GLsync') return 'sync';
    const kind = {
        shader: 'program',
        program_pipeline: 'pipeline',
        display_list: 'list',
        transform_feedback: 'feedback',
    }[param.kind ?? ''];
    return glKinds.find((name) => name === (kind ?? param.kind));
}

function valueForm(param: RegistryParam): GlForm | undefined {
    const kind = kindOf(param);
    if (kind !== undefined) return { is: 'name', kind };
    const wire = scalarWire[param.type];
    return wire === undefined ? undefined : { is: 'value', wire };
}

function ruledForm(param: RegistryParam, said: ParamRule): GlForm | undefined {
    const to = pointee(param.type);
    switch (said.is) {
        case 'array':
            return to === undefined ? undefined : arrayForm(to, said.size, said.nullable === true, false);
        case 'names':
            if (said.size === undefined) return { is: 'name', kind: said.kind };
            return { is: 'names', kind: said.kind, size: said.size, nullable: said.nullable === true };
        case 'answer':
            return to === undefined ? undefined : { is: 'answer', element: to.element };
        case 'pixels':
            return { is: 'pixels', size: said.size, nullable: said.nullable === true };
        case 'offset':
        case 'packed':
        case 'raw':
            return said;
        case 'counted':
            return { is: 'counted' };
    }
}

function arrayForm(to: Pointee, size: string, nullable: boolean, isOne: boolean): GlForm {
    const { element } = to;
    if (to.isConst)
        return { is: 'array', element, size, nullable, padded: size.includes('size::parameters(') };
    const wire = scalarWire[element];
    return isOne && wire !== undefined ? { is: 'one', wire, element } : { is: 'out', element, size };
}

/** The form of a parameter that says how long a counted text, or an array of names to make or end, is. */
function countedBy(name: string, call: RegistryCall, rule: GlRule): GlForm | undefined {
    for (const [text, said] of Object.entries(rule.params ?? {})) {
        if (said.is === 'counted' && said.length === name) return { is: 'length', of: text, each: 1 };
    }
    if (rule.gives === undefined && rule.takes === undefined) return undefined;
    const named = call.params.find(
        (param) => param.length === name && pointee(param.type)?.element === 'GLuint',
    );
    return named === undefined ? undefined : { is: 'length', of: named.name, each: 4 };
}

/** What the registry says of an array's length, as a size in bytes; undefined where it says too little. */
function sizeOf(param: RegistryParam, element: string): string | undefined {
    const each = element === 'void' ? '1' : `sizeof(${element})`;
    const { length } = param;
    if (length === undefined) return undefined;
    if (length === 'COMPSIZE(pname)') return `size::parameters(pname) * ${each}`;
    if (/^\d+$/.test(length)) return length === '1' ? each : `${length} * ${each}`;
    if (/^\w+\/[48]$/.test(length)) return `size::bytes(${length.slice(0, -2)})`;
    const product = /^(\w+)(?:\*(\d+))?$/.exec(length);
    if (product === null) return undefined;
    const [, count = '', times] = product;
    const unit = times === undefined || times === '1' ? each : `${times} * ${each}`;
    return unit === '1' ? `size::bytes(${count})` : `size::array(${count}, ${unit})`;
}
