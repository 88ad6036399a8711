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

const unprovoked: Partial<Record<LvmReason, string>> = {};
