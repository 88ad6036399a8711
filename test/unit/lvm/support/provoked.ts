import { readdirSync, readFileSync } from 'node:fs';
import type { LvmReason } from '../../../../lib/lvm/reasons.ts';
import type { Provoked } from './document.ts';

/**
 * By reason, the test that provokes it: a kernel or native test whose title begins with the reason and a colon. Those
 * that cannot be provoked here say why.
 */
export function provokedReasons(): Readonly<Partial<Record<LvmReason, Provoked | string>>> {
  const found: Partial<Record<string, Provoked | string>> = { ...unprovoked };
  for (const group of ['kernel', 'native'] as const) {
    const directory = new URL(`../../../${group}/`, import.meta.url);
    for (const file of readdirSync(directory).filter((name) => /^lvm-.*\.test\.ts$/.test(name)))
      for (const [, reason = '', test = ''] of readFileSync(new URL(file, directory), 'utf8').matchAll(title))
        found[reason] ??= { file: `test/${group}/${file}`, test };
  }
  return found;
}

// it('reason: what it takes', ...)
const title = /\bit\(\s*['"`]([a-z-]+): ([^'"`]+)['"`]/g;

// What was tried, and why it does not come about.
const unprovoked: Partial<Record<LvmReason, string>> = {
  'half-done':
    'no test: each failure found that leaves something behind names its cause as well, and that is the reason then (see frozen)',
  internal:
    'no test: the internal errors of lvm 2.03.16 that a command line leads to (a share of an origin that is none, a name too long) are refused before it runs',
  'metadata-invalid':
    'no test: lvm passes over damaged metadata with a warning, and does not find the group; it says so only of what it was about to write itself',
};
