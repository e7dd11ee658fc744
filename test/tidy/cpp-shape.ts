// Where functions and blocks are in a C++ or CUDA text, by braces and the words before them. Not a parser: it
// knows enough to measure lengths and nesting of code that is formatted the way this project's is. Used by
// shape.test.ts only.

export interface FunctionShape {
    readonly name: string;
    /** Number of its first line, from 1. */
    readonly line: number;
    readonly lineCount: number;
    /** Deepest nesting of if, for, while, switch, do and try blocks. */
    readonly nesting: number;
}

/** The text with comments, literals and preprocessor lines replaced by blanks; line numbers stay. */
export function blankOut(text: string): string {
    const keepLines = (match: string) => match.replace(/[^\n]/g, ' ');
    const literals = [
        'R"([^(\\s]*)\\([\\s\\S]*?\\)\\1"',
        '\\/\\/[^\\n]*',
        '\\/\\*[\\s\\S]*?\\*\\/',
        '"(?:\\\\[\\s\\S]|[^"\\\\\\n])*"',
        "'(?:\\\\.|[^'\\\\\\n])+'",
    ];
    const pattern = new RegExp(literals.join('|'), 'g');
    const digits = /(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])/g;
    const blanked = text.replace(digits, ' ').replace(pattern, keepLines);
    return blanked.replace(/^[ \t]*#(?:[^\n]*\\\n)*[^\n]*/gm, keepLines);
}

type BlockKind = 'scope' | 'function' | 'control' | 'other';

interface Block {
    readonly kind: BlockKind;
    readonly name: string;
    readonly line: number;
    deepest: number;
    depth: number;
}

const controlWords = /^(?:else\b\s*)?(?:if|for|while|switch|do|try|catch|else)\b/;
const scopeWords = /\b(?:namespace|class|struct|union|enum)\b/;

function kindOf(head: string, insideFunction: boolean): BlockKind {
    const words = head.trim().replace(/^(?:case\b[^:]*:|default\s*:|public:|private:|protected:)\s*/, '');
    if (controlWords.test(words)) {
        return 'control';
    }
    const isLambda = /\[[^\]]*\]\s*(?:\([\s\S]*\))?[^;{}=]*$/.test(words) && insideFunction;
    if (isLambda) {
        return 'function';
    }
    if (
        !insideFunction &&
        scopeWords.test(words) &&
        !/\)\s*(?:const|noexcept|override|final|\s)*$/.test(words)
    ) {
        return 'scope';
    }
    if (!insideFunction && /^extern\s*$/.test(words)) {
        return 'scope';
    }
    return !insideFunction && words.includes('(') && !/=\s*$/.test(words) ? 'function' : 'other';
}

function nameOf(head: string): string {
    return /([~\w:]+)\s*\(/.exec(head)?.[1] ?? '(lambda)';
}

/** Every function and lambda of the text, in the order in which they end. */
export function functionsOf(text: string): readonly FunctionShape[] {
    const clean = blankOut(text);
    const found: FunctionShape[] = [];
    const stack: Block[] = [];
    let line = 1;
    let head = '';
    let headLine = 1;
    let parentheses = 0;
    const close = () => {
        const block = stack.pop();
        if (block?.kind === 'function') {
            found.push({
                name: block.name,
                line: block.line,
                lineCount: line - block.line + 1,
                nesting: block.deepest,
            });
        }
    };
    const open = () => {
        const owner = stack.findLast(({ kind }) => kind === 'function');
        // Braces inside parentheses outside any function are an initialiser's.
        const kind = owner === undefined && parentheses > 0 ? 'other' : kindOf(head, owner !== undefined);
        const inner = stack.at(-1);
        const depth = kind === 'function' ? 0 : (inner?.depth ?? 0) + (kind === 'control' ? 1 : 0);
        stack.push({ kind, name: nameOf(head), line: headLine, deepest: 0, depth });
        if (owner !== undefined && kind === 'control') {
            owner.deepest = Math.max(owner.deepest, depth);
        }
    };
    for (const character of clean) {
        if (character === '\n') {
            line += 1;
        }
        parentheses += character === '(' ? 1 : character === ')' ? -1 : 0;
        if (character === '{') {
            open();
            [head, parentheses] = ['', 0];
        } else if (character === '}') {
            close();
            [head, parentheses] = ['', 0];
        } else if (character === ';' && parentheses <= 0) {
            head = '';
        } else {
            headLine = head.trim() === '' ? line : headLine;
            head += character;
        }
    }
    return found;
}
