// Reads our own ABI header: which enumerators, structures and constants it states. The proof compares each
// with a toolkit's, and validation looks names of the specification up here. Understands the header's layout
// only: one declaration a line.

export interface AbiStruct {
    readonly name: string;
    readonly members: readonly string[];
}

export interface AbiHeader {
    readonly enums: ReadonlyMap<string, readonly string[]>;
    readonly structs: readonly AbiStruct[];
    /** Names of `inline constexpr` constants, which are macros in the vendor's header. */
    readonly constants: readonly string[];
    /** Every type a prototype may name. */
    readonly types: ReadonlySet<string>;
}

export function readAbiHeader(text: string): AbiHeader {
    const lines = text.split('\n');
    const enums = new Map<string, string[]>();
    const structs: AbiStruct[] = [];
    const constants: string[] = [];
    const types = new Set<string>();
    for (let index = 0; index < lines.length; index += 1) {
        const line = lines[index] ?? '';
        const alias = /^using (\w+) =/.exec(line)?.[1];
        if (alias !== undefined) types.add(alias);
        const constant = /^inline constexpr .* (\w+) =/.exec(line)?.[1];
        if (constant !== undefined) constants.push(constant);
        const block = /^(enum|struct|union) (\w+)(?: : int)? \{$/.exec(line);
        if (block === null) continue;
        const end = lines.indexOf('};', index);
        const body = lines.slice(index + 1, end);
        const name = block[2] as string;
        types.add(name);
        if (block[1] === 'enum') enums.set(name, body.flatMap(enumerator));
        else structs.push({ name, members: members(body) });
        index = end;
    }
    return { enums, structs, constants, types };
}

function enumerator(line: string): string[] {
    const name = /^ {4}(\w+) =/.exec(line)?.[1];
    return name === undefined ? [] : [name];
}

/** Members of the structure itself: four columns in, or the name after a nested block. */
function members(body: readonly string[]): string[] {
    return body.flatMap((line) => {
        const name = /^ {4}\}? ?(?:[\w:*]+ )*\*?(\w+)(?:\[[^\]]*\])?;$/.exec(line)?.[1];
        return name === undefined ? [] : [name];
    });
}
