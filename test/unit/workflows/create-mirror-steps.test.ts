import { describe, expect, it } from 'vitest';
import type { DeviceMapper } from '../../../lib/device-mapper.ts';
import { type LvmError, lvmError } from '../../../lib/lvm/errors.ts';
import { Lvm } from '../../../lib/lvm/index.ts';
import type { LvmReason } from '../../../lib/lvm/reasons.ts';
import { type LvmState, volumeOf } from '../../../lib/lvm/state.ts';
import { decode } from '../../../lib/targets/index.ts';
import { createStep, createTag } from '../../../lib/workflows/mirror/create-mirror-steps.ts';
import type { MirrorRun } from '../../../lib/workflows/mirror/mirror-steps.ts';
import { syncStep } from '../../../lib/workflows/mirror/mirror-sync-step.ts';
import type { Step } from '../../../lib/workflows/step.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { groupOf, raidOf } from './replace-group.ts';

const empty = stateOf([]);
const context = { signal: new AbortController().signal, progress: () => undefined, warn: () => undefined };

// A group with the raid1 `vg/m` in it, as lvm's report has it.
function raidState(fields: Readonly<Record<string, string>> = {}): LvmState {
  const [first, ...rest] = raidOf('m', 'raid1', 10, ['a', 'b']);
  const own = { lv_role: 'public', lv_initial_image_sync: '1', ...fields };
  return stateOf([{ name: 'm', ...first, fields: own }, ...rest]);
}

function stateOf(lvs: Parameters<typeof groupOf>[1]): LvmState {
  return { groups: [groupOf({ a: 20, b: 20 }, lvs)], orphans: [] };
}

// What lvm does when it is told to make the volume: what is there afterwards, and what it says.
interface Making {
  readonly after: LvmState;
  readonly says?: LvmError;
  /** What is there when it is taken back, if another. */
  readonly later?: LvmState;
}

function making({ after, says, later = after }: Making) {
  let now = empty;
  const removed: string[] = [];
  const { lvcreate, ...lvm } = Lvm.open();
  const raid1 = async () => {
    now = after;
    if (says !== undefined) throw says;
    return { volume: volumeOf(after, 'vg/m') ?? null };
  };
  const tools: Tools = {
    dm: {
      status: async () => ({ name: 'vg-m', suspended: false, segments: inSync, error: null }),
    } as unknown as DeviceMapper,
    lvm: {
      ...lvm,
      lvcreate: { ...lvcreate, raid1: Object.assign(raid1, { argvIn: lvcreate.raid1.argvIn }) },
      fullreport: async () => now,
      lvremove: async (name: string) => removed.push(name),
    } as unknown as Tools['lvm'],
  };
  const run: MirrorRun = {
    ...{ tools, workflow: 'createMirror', volume: 'vg/m', type: 'raid1', state: empty },
    ...{ bases: new Map(), regionSize: undefined },
  };
  return {
    run,
    removed,
    step: (isKept = false): Step => {
      const wanted = { volume: 'vg/m', size: { extents: 10 }, choices, tags: [], wipeSignatures: undefined };
      const stage = { kind: 'create', copies: 2, devices: ['/dev/sda', '/dev/sdb'], log: null } as const;
      return createStep(run, wanted, { stage, extents: 10, isPartial: false, isKept: () => isKept });
    },
    turnLater: () => {
      now = later;
    },
  };
}

const inSync = [{ start: 0, length: 40_960, status: decode('raid', 'raid1 2 AA 40960/40960 idle 0 0 -') }];
const choices = {
  ...({ type: 'raid1', copies: 2, log: 'disk', wait: true } as const),
  ...{ devices: undefined, regionSize: undefined },
};
const failing = (reason: LvmReason, changed: 'no' | 'yes' | 'unknown'): LvmError =>
  lvmError(reason, { command: ['lvcreate'], message: 'it failed', changed });

// Performs the step, which may fail, and takes it back.
async function takeBack(given: Making, isKept = false) {
  const { removed, step: make, turnLater } = making(given);
  const step = make(isKept);
  await step.perform(context).catch(() => undefined);
  turnLater();
  const did = await Promise.resolve(step.undo?.perform(context)).catch((error: Error) => error);
  return { did, removed };
}

describe('what createMirror has made', () => {
  it('is removed when a later step fails', async () => {
    const { did, removed } = await takeBack({ after: raidState() });
    expect(did).toBe('vg/m was removed again');
    expect(removed).toEqual(['vg/m']);
  });

  it('stays when the wait for its sync has begun', async () => {
    await expect(takeBack({ after: raidState() }, true)).resolves.toEqual({ did: null, removed: [] });
  });

  it('is not mixed up with another volume that has got its name meanwhile', async () => {
    const later = raidState({ lv_uuid: 'another' });
    await expect(takeBack({ after: raidState(), later })).resolves.toEqual({ did: null, removed: [] });
  });
});

describe('a volume that was made while lvcreate failed', () => {
  it.each([
    ['exists', 'yes'],
    ['exists', 'unknown'],
    ['other', 'no'],
    ['not-enough-space', 'yes'],
  ] as const)('is not touched if that is another caller: %s, changed: %s', async (reason, changed) => {
    const given = { after: raidState(), says: failing(reason, changed) };
    await expect(takeBack(given)).resolves.toEqual({ did: null, removed: [] });
  });

  it.each([
    ['aborted', 'yes'],
    ['killed', 'unknown'],
    ['not-done', 'yes'],
  ] as const)(
    'stays, and is told of, if nobody can say whose it is: %s, changed: %s',
    async (reason, changed) => {
      const { did, removed } = await takeBack({ after: raidState(), says: failing(reason, changed) });
      expect(removed).toEqual([]);
      expect(String(did)).toMatch(/not certain.*vg\/m.*createMirror called again takes it.*"lvremove vg\/m"/);
    },
  );

  it('is removed if it has the tag of this workflow', async () => {
    const after = raidState({ lv_tags: createTag });
    const { did, removed } = await takeBack({ after, says: failing('aborted', 'yes') });
    expect(did).toBe('vg/m was removed again');
    expect(removed).toEqual(['vg/m']);
  });

  it('is no matter if there is none', async () => {
    const given = { after: empty, says: failing('aborted', 'unknown') };
    await expect(takeBack(given)).resolves.toEqual({ did: null, removed: [] });
  });
});

describe('a new volume that was kept', () => {
  it('is named even if it is in sync, and one that was there is not', async () => {
    const { run, step } = making({ after: raidState() });
    await step().perform(context);
    const left = await syncStep(run, 'sync').left?.();
    expect(left?.state).toBe('vg/m is there, a raid1 of 2 copies that can be used and are in sync');
    expect(left?.next).toMatch(/createMirror again.*"lvremove vg\/m"/);
    expect(await syncStep({ ...run, state: raidState() }, 'sync').left?.()).toBeNull();
  });
});
