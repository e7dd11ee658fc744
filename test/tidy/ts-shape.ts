// Where functions and blocks are in a TypeScript text, from the compiler's own tree. Used by shape.test.ts
// only.
import ts from 'typescript';

import type { FunctionShape } from './cpp-shape.ts';

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
    return (
        ts.isFunctionDeclaration(node) ||
        ts.isFunctionExpression(node) ||
        ts.isArrowFunction(node) ||
        ts.isMethodDeclaration(node) ||
        ts.isConstructorDeclaration(node) ||
        ts.isGetAccessorDeclaration(node) ||
        ts.isSetAccessorDeclaration(node)
    );
}

function nests(node: ts.Node): boolean {
    // `else if` stands beside its `if`, not inside it.
    const isElseIf =
        ts.isIfStatement(node) && ts.isIfStatement(node.parent) && node.parent.elseStatement === node;
    return (
        (ts.isIfStatement(node) && !isElseIf) ||
        ts.isForStatement(node) ||
        ts.isForOfStatement(node) ||
        ts.isForInStatement(node) ||
        ts.isWhileStatement(node) ||
        ts.isDoStatement(node) ||
        ts.isSwitchStatement(node) ||
        ts.isTryStatement(node)
    );
}

function nestingOf(body: ts.Node): number {
    let deepest = 0;
    const visit = (node: ts.Node, depth: number) => {
        if (isFunction(node)) {
            return;
        }
        const here = depth + (nests(node) ? 1 : 0);
        deepest = Math.max(deepest, here);
        ts.forEachChild(node, (child) => visit(child, here));
    };
    ts.forEachChild(body, (child) => visit(child, 0));
    return deepest;
}

// A callback of describe() holds tests as a file holds functions: its length says nothing.
function isSuite(node: ts.Node): boolean {
    const call = node.parent;
    if (!ts.isCallExpression(call)) {
        return false;
    }
    return /^describe\b/.test(call.expression.getText());
}

/** Every function of the text that has a body. */
export function functionsOfTs(path: string, text: string): readonly FunctionShape[] {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
    const found: FunctionShape[] = [];
    const visit = (node: ts.Node) => {
        if (isFunction(node) && node.body !== undefined && !isSuite(node)) {
            const first = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
            const last = file.getLineAndCharacterOfPosition(node.getEnd()).line;
            const name = node.name?.getText(file) ?? '(function)';
            found.push({ name, line: first + 1, lineCount: last - first + 1, nesting: nestingOf(node.body) });
        }
        ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
}

/** Module specifiers that the text imports from or exports from. */
export function importsOf(path: string, text: string): readonly string[] {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
    const found: string[] = [];
    const visit = (node: ts.Node) => {
        if (
            (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
            node.moduleSpecifier !== undefined
        ) {
            found.push(node.moduleSpecifier.getText(file).slice(1, -1));
        }
        const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
        if (isDynamic && node.arguments[0] !== undefined && ts.isStringLiteral(node.arguments[0])) {
            found.push(node.arguments[0].text);
        }
        ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
}
