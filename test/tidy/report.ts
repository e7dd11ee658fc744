// Findings minus exceptions, as one text that a person can work through. Used by every tidy test.
import { expect } from 'vitest';

import { exceptions, type Rule } from './exceptions.ts';

export interface Finding {
    readonly where: string;
    readonly problem: string;
}

/** Fails with every finding that no exception covers, and with every exception that covers nothing. */
export function expectTidy(rule: Rule, findings: readonly Finding[]): void {
    const mine = exceptions.filter((exception) => exception.rule === rule);
    const excused = new Set(mine.map(({ where }) => where));
    const open = findings
        .filter(({ where }) => !excused.has(where))
        .map(({ where, problem }) => `${where}: ${problem}`);
    const seen = new Set(findings.map(({ where }) => where));
    const idle = mine
        .filter(({ where }) => !seen.has(where))
        .map(({ where }) => `${where}: exception without need`);
    expect([...open, ...idle].join('\n')).toBe('');
}
