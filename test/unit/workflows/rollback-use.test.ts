import { expect, it } from 'vitest';
import type { LvmState } from '../../../lib/lvm/state.ts';
import { pairsIn } from '../../../lib/workflows/rollback/rollback-pairs.ts';
import type { MergeState } from '../../../lib/workflows/rollback/rollback-run.ts';
import type { RollbackRun } from '../../../lib/workflows/rollback/rollback-steps.ts';
import { callbackSteps, type RemountUse } from '../../../lib/workflows/rollback/rollback-use.ts';
import type { StepContext } from '../../../lib/workflows/step.ts';
import { type Fields, stateOf } from '../lvm/commands/rows.ts';

const pairOf = (name: string, snapshot: Partial<Fields> = {}): readonly Fields[] => [
  { lv_name: name, lv_role: 'public;origin;thickorigin' },
  { lv_name: `${name}_s`, origin: name, lv_role: 'public;snapshot;thicksnapshot', ...snapshot },
];
const state = stateOf(...pairOf('a'), ...pairOf('b'));
const sight = { merging: false, invalid: false, failed: false, users: [] };
const context: StepContext = {
  ...{ signal: new AbortController().signal, progress: () => {}, warn: () => {} },
};

// The callbacks' steps, where lvm shows `now` and the kernel what it is told by; what remount was given.
function steps(now: LvmState, reached: readonly (readonly [string, MergeState])[], merging = '') {
  const given: (readonly [string, string])[] = [];
  const status = async (name: string) => ({
    ...{ name, openCount: 0, error: null },
    segments: name === merging ? [{ status: { type: 'snapshot-merge', state: 'ok' } }] : [],
  });
  const run = {
    tools: { lvm: { fullreport: async () => now }, dm: { status } },
    ...{ vg: 'vg', whenOpen: 'defer', reached: new Map(reached) },
    pairs: pairsIn(state, ['vg/a_s', 'vg/b_s']).map((pair) => ({ ...pair, sight })),
  } as unknown as RollbackRun;
  const remount = (all: readonly RemountUse[]): void => {
    for (const { origin, after } of all) given.push([origin, after]);
  };
  const { before, after } = callbackSteps(run, { unmount: () => {}, remount });
  return { unmount: before[0], remount: after[0], given };
}

it('remount is told of each volume whether it is rolled back, or only will be', async () => {
  const { remount, given } = steps(state, [
    ['vg/a_s', 'merging'],
    ['vg/b_s', 'scheduled'],
  ]);
  await remount?.perform(context);
  expect(given).toEqual([
    ['vg/a', 'rolled-back'],
    ['vg/b', 'deferred'],
  ]);
});

it.each([
  ['nothing was begun', state, '', ['failed', 'failed']],
  [
    'one merge has begun, and one was put off',
    stateOf(...pairOf('a', { lv_merging: '1' }), ...pairOf('b', { lv_merging: '1' })),
    ...(['vg/a', ['rolled-back', 'deferred']] as const),
  ],
])('after a failure remount is told how each is by then: %s', async (_, now, merging, after) => {
  const { unmount, given } = steps(now, [], merging);
  await unmount?.perform(context);
  await unmount?.undo?.perform(context);
  expect(given).toEqual([
    ['vg/a', after[0]],
    ['vg/b', after[1]],
  ]);
});

it('a snapshot that is gone before lvm was told of it was not merged', async () => {
  const gone = stateOf({ lv_name: 'a' }, { lv_name: 'x' }, ...pairOf('b'));
  const { unmount, given } = steps(gone, [
    ['vg/a_s', 'present'],
    ['vg/b_s', 'present'],
  ]);
  await expect(unmount?.perform(context)).rejects.toMatchObject({
    ...{
      reason: 'plan-changed',
      message: expect.stringMatching(/^vg\/a_s is no longer the snapshot of vg\/a/),
    },
  });
  await unmount?.undo?.perform(context);
  expect(given).toEqual([
    ['vg/a', 'failed'],
    ['vg/b', 'failed'],
  ]);
});

it('after a failure remount is called even if lvm cannot be asked', async () => {
  const { unmount, given } = steps(state, []);
  await unmount?.perform(context);
  const broken = steps({ groups: [], orphans: [] }, []);
  await broken.unmount?.perform(context).catch(() => {});
  await broken.unmount?.undo?.perform(context);
  expect([given, broken.given]).toEqual([
    [],
    [
      ['vg/a', 'failed'],
      ['vg/b', 'failed'],
    ],
  ]);
});
