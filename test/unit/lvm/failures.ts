import { readFileSync } from 'node:fs';
import type { Shortage } from '../../../lib/lvm/classify.ts';
import type { LvmObject } from '../../../lib/lvm/log.ts';
import type { Signature } from '../../../lib/lvm/questions.ts';
import type { LvmReason } from '../../../lib/lvm/reasons.ts';
import type { Outcome } from '../../../lib/lvm/run.ts';

/** A run of lvm that failed, and what it is to be taken for. */
export interface Failure {
  /** `captured` from lvm 2.03.16, or the text of its `source`. */
  readonly origin: 'captured' | 'source';
  readonly argv: readonly string[];
  readonly exitCode: number;
  readonly stderr: string;
  /** What came on fd 3. */
  readonly report?: string;
  readonly reason: LvmReason;
  readonly object?: LvmObject | null;
  readonly space?: Shortage | null;
  readonly signature?: Signature;
}

/** Runs that failed for real; reasons and objects were written by hand. */
export const failures: readonly Failure[] = readFileSync(
  new URL('../../fixtures/lvm-failures.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Failure);

/** A command that exited with status 5 and said nothing, but for what is given. */
export function outcomeOf(given: Partial<Outcome>): Outcome {
  return {
    argv: ['/usr/sbin/lvm', 'lvchange', '-ay', '--', 'vg/a'],
    exitCode: 5,
    signal: null,
    stdout: '',
    stderr: '',
    report: '',
    ended: 'exited',
    complete: true,
    duration: 10,
    hindrance: null,
    running: null,
    ...given,
  };
}
