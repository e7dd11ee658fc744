// As much of XML as the Khronos registries are written in: elements, quoted attributes, text, comments.
// Used by the importer only.

export interface Element {
    readonly tag: string;
    readonly attributes: Readonly<Record<string, string>>;
    readonly children: (Element | string)[];
}

const token = /<!--[^]*?-->|<\?[^]*?\?>|<(\/?)([\w-]+)((?:\s+[\w:-]+\s*=\s*"[^"]*")*)\s*(\/?)>|[^<]+/g;

export function parseXml(text: string): Element {
    const root: Element = { tag: '', attributes: {}, children: [] };
    const open: Element[] = [root];
    for (const [whole, closing, tag, attributes, empty] of text.matchAll(token)) {
        const parent = open.at(-1) ?? root;
        if (tag === undefined) {
            if (!whole.startsWith('<')) parent.children.push(unescaped(whole));
        } else if (closing === '/') {
            if (open.pop()?.tag !== tag) throw new Error(`</${tag}> closes another element`);
        } else {
            const element: Element = { tag, attributes: attributesOf(attributes ?? ''), children: [] };
            parent.children.push(element);
            if (empty !== '/') open.push(element);
        }
    }
    if (open.length !== 1) throw new Error(`<${open.at(-1)?.tag}> is not closed`);
    return root;
}

function attributesOf(text: string): Record<string, string> {
    return Object.fromEntries(
        [...text.matchAll(/([\w:-]+)\s*=\s*"([^"]*)"/g)].map(([, name = '', value = '']) => [
            name,
            unescaped(value),
        ]),
    );
}

function unescaped(text: string): string {
    return text
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, '&');
}

/** Elements of one name, among the children. */
export function childrenOf(element: Element, tag: string): Element[] {
    return element.children.filter(
        (child): child is Element => typeof child !== 'string' && child.tag === tag,
    );
}

/** Elements of one name, at any depth. */
export function descendantsOf(element: Element, tag: string): Element[] {
    return element.children.flatMap((child) =>
        typeof child === 'string'
            ? []
            : [...(child.tag === tag ? [child] : []), ...descendantsOf(child, tag)],
    );
}

/** All text below an element, as one. */
export function textOf(element: Element): string {
    return element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}
