import { describe, expect, it } from 'vitest';
import { LvmError } from '../../../lib/lvm/errors.ts';
import type { LvmState } from '../../../lib/lvm/state.ts';
import type { SeenPair } from '../../../lib/workflows/rollback/rollback-checks.ts';
import { leftOf } from '../../../lib/workflows/rollback/rollback-left.ts';
import { type Pair, pairsIn } from '../../../lib/workflows/rollback/rollback-pairs.ts';
import {
  type MergeState,
  requireThere,
  stateOf as stateNow,
} from '../../../lib/workflows/rollback/rollback-run.ts';
import { mergeStep, type RollbackRun } from '../../../lib/workflows/rollback/rollback-steps.ts';
import type { StepContext } from '../../../lib/workflows/step.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { type Fields, stateOf } from '../lvm/commands/rows.ts';

const origin: Fields = { lv_name: 'o', lv_role: 'public;origin;thickorigin' };
const snapshot = (lv_name: string, more: Partial<Fields> = {}): Fields => ({
  ...{ lv_name, origin: 'o', lv_role: 'public;snapshot;thicksnapshot', lv_uuid: 'same', ...more },
});
const before = stateOf(origin, snapshot('s'));
const gone = stateOf(origin);
const signal = new AbortController().signal;
const context: StepContext = { signal, progress: () => {}, warn: () => {} };

function seen(pair: Pair | undefined): SeenPair {
  if (pair === undefined) throw new Error('there is no pair');
  return { ...pair, sight: { merging: false, invalid: false, failed: false, users: [] } };
}
const pair = seen(pairsIn(before, ['vg/s'])[0]);

function toolsOf(now: LvmState, deleted: string[] = []): Tools {
  const status = async (name: string) => ({ name, openCount: 0, error: null, segments: [] });
  const change = async (_vg: string, { deleteTags }: { readonly deleteTags: readonly string[] }) =>
    void deleted.push(...deleteTags);
  return { lvm: { fullreport: async () => now, vgchange: { change } }, dm: { status } } as unknown as Tools;
}

const reached = (state: MergeState) => new Map([['vg/s', state]]);

describe('a snapshot that is gone', () => {
  it.each([
    ['present', 'vanished'],
    ['scheduled', 'merged'],
    ['merging', 'merged'],
    ['merged', 'merged'],
  ] as const)('and was %s before is %s', async (was, now) => {
    expect((await stateNow(toolsOf(gone), pair, gone, reached(was))).now).toBe(now);
  });

  it('is so although another one has its name', async () => {
    const other = stateOf(origin, snapshot('s', { lv_uuid: 'other', lv_merging: '1' }));
    expect((await stateNow(toolsOf(other), pair, other, reached('present'))).now).toBe('vanished');
  });

  it('is not so under another name', async () => {
    const renamed = stateOf(origin, snapshot('kept'));
    expect((await stateNow(toolsOf(renamed), pair, renamed, reached('present'))).now).toBe('present');
    expect((await leftOf(toolsOf(renamed), [pair], reached('present')))?.state).toBe(
      'vg/s, now vg/kept, and vg/o are as they were',
    );
  });

  it('was merged if it was seen that lvm had been told to', async () => {
    const told = stateOf(origin, snapshot('s', { lv_merging: '1' }));
    const map = reached('present');
    await stateNow(toolsOf(told), pair, told, map);
    expect((await stateNow(toolsOf(gone), pair, gone, map)).now).toBe('merged');
  });

  it('is told of as it is, with what can be done', async () => {
    expect(await leftOf(toolsOf(gone), [pair], reached('present'))).toEqual({
      state: 'vg/s is gone without having been merged, and vg/o is as it was',
      next: 'There is nothing to roll back to.',
    });
    expect((await leftOf(toolsOf(gone), [pair], reached('scheduled')))?.state).toBe(
      'vg/o is rolled back to vg/s, which is gone',
    );
  });

  it('loses the note of an earlier run, by which the next call would believe it merged', async () => {
    const deleted: string[] = [];
    const note = { snapshot: 's', uuid: 'same', origin: 'o', originUuid: 'u0', wasInactive: false };
    const lost = requireThere(toolsOf(gone, deleted), 'vg', [{ ...pair, note }], signal);
    await expect(lost).rejects.toMatchObject({ reason: 'plan-changed' });
    expect(deleted).toEqual(['devmapper.rollback:s:same:o:u0']);
  });
});

it.each([
  ['finds nothing to merge', 'vanished', new LvmError('not-found', { command: [], message: 'no such' })],
  ['is not seen to its end', 'merged', new Error('aborted')],
])('a merge whose command %s left a snapshot that is %s', async (_, now, error) => {
  const merge = Object.assign(() => Promise.reject(error), { argvIn: () => ['lvconvert'] });
  const tools = toolsOf(before);
  const lvm = { ...tools.lvm, lvconvert: { mergeThin: merge, mergeSnapshot: merge } };
  const map = reached('present');
  const run = {
    ...{ tools: { ...tools, lvm }, vg: 'vg', state: before, pairs: [pair], deferred: [] },
    ...{ whenOpen: 'refuse', reached: map },
  } as unknown as RollbackRun;
  await expect(mergeStep(run)[0]?.perform(context)).rejects.toBe(error);
  expect((await stateNow(toolsOf(gone), pair, gone, map)).now).toBe(now);
});
