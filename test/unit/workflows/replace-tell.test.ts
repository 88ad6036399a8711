import { describe, expect, it } from 'vitest';
import type { DeviceStatus } from '../../../lib/device.ts';
import { LvmError } from '../../../lib/lvm/errors.ts';
import type { GroupState } from '../../../lib/lvm/state.ts';
import { damageOf } from '../../../lib/workflows/replace/degraded.ts';
import type { Repair } from '../../../lib/workflows/replace/replace-repairs.ts';
import { tellingsOf, tellStep } from '../../../lib/workflows/replace/replace-tell.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { cachedOf, concealed, groupOf, kernelOf, type MadeLv, raidOf, uuidOf } from './replace-group.ts';

const pvs = { a: 100, b: 100, c: 100, d: 100 };

function kernelRaid(group: GroupState, name: string, letters: string, type = 'raid1'): DeviceStatus {
  return kernelOf(group, name, 'raid', `${type} ${letters.length} ${letters} 10/10 idle 0 0 -`);
}

function repairsOf(...volumes: readonly string[]): readonly Repair[] {
  return volumes.map((volume) => ({ kind: 'repair', volume, devices: [] }));
}

/** What is told when disk a is lost: the name for lvm, and the images of each RAID volume. */
function told(
  group: GroupState,
  statuses: readonly DeviceStatus[],
  repairs: readonly Repair[],
  lost: readonly string[] = ['a'],
  letGo: readonly string[] = [],
) {
  const { mirrors } = damageOf(group, new Set(lost.map(uuidOf)), statuses);
  return tellingsOf(group, mirrors, repairs, statuses, new Set(letGo.map(uuidOf))).map(
    ({ volume, refresh, raids }) => ({
      ...{ volume, refresh },
      raids: raids.map(({ name, images }) => [name, ...images.map(({ index }) => index)]),
    }),
  );
}

describe('before the lost image of a RAID volume is replaced', () => {
  const group = groupOf(pvs, raidOf('r', 'raid1', 10, ['b', 'a']), ['a']);

  it.each(['AA', 'Aa'])('the kernel is told if it uses that still (%s)', (letters) => {
    expect(told(group, [kernelRaid(group, 'r', letters)], repairsOf('vg/r'))).toEqual([
      { volume: 'vg/r', refresh: 'vg/r', raids: [['vg/r', 1]] },
    ]);
  });

  it.each(['AD', 'A-'])('it is not if it has noticed (%s)', (letters) => {
    expect(told(group, [kernelRaid(group, 'r', letters)], repairsOf('vg/r'))).toEqual([]);
  });

  it('it is not told of what nothing is replaced in, nor of a dm-mirror, whose writers wait', () => {
    const replace: Repair = { kind: 'replace', volume: 'vg/r', replace: ['/dev/sda'], devices: [] };
    expect(told(group, [kernelRaid(group, 'r', 'AA')], [replace])).toEqual([]);
    expect(told(group, [kernelRaid(group, 'r', 'AA')], [])).toEqual([]);
    expect(told(group, [], repairsOf('vg/r'))).toEqual([]);
  });

  it('it is not told of an image whose disk is there, which errors are put in the place of nowhere', () => {
    const there = groupOf(pvs, raidOf('r', 'raid1', 10, ['b', 'a']));
    const statuses = [kernelRaid(there, 'r', 'AA')];
    expect(told(there, statuses, repairsOf('vg/r'))).toEqual([]);
    expect(told(there, statuses, repairsOf('vg/r'), ['a'], ['a'])).toHaveLength(1);
  });

  it('it is told of errors in the place of an image, too', () => {
    const errors = groupOf(pvs, raidOf('r', 'raid1', 10, ['b', 'error']));
    const of = (letters: string) => told(errors, [kernelRaid(errors, 'r', letters)], repairsOf('vg/r'), []);
    expect(of('AA')).toHaveLength(1);
    expect(of('AD')).toEqual([]);
  });

  it('it is told of all images that it has still, and of no other', () => {
    const six = groupOf({ ...pvs, e: 100, f: 100 }, raidOf('s', 'raid6', 10, ['a', 'b', 'c', 'd', 'e']), [
      'a',
      'd',
    ]);
    const of = (letters: string) =>
      told(six, [kernelRaid(six, 's', letters, 'raid6_zr')], repairsOf('vg/s'), ['a', 'd'])[0]?.raids;
    expect(of('AAAAA')).toEqual([['vg/s', 0, 3]]);
    expect(of('DAAAA')).toEqual([['vg/s', 3]]);
  });

  it.each([
    ['active', 'vg/pool'],
    ['', 'vg/thin'],
  ])('it is told with its pool, once, or with a volume of that', (active, refresh) => {
    const pool = groupOf(
      pvs,
      [
        {
          ...{ name: 'pool', type: 'thin-pool', parts: ['pool_tdata'] },
          fields: { data_lv: '[pool_tdata]', metadata_lv: '[pool_tmeta]', lv_active: active },
        },
        ...concealed(raidOf('pool_tdata', 'raid1', 10, ['a', 'b'])),
        ...concealed(raidOf('pool_tmeta', 'raid1', 10, ['b', 'a'])),
        { name: 'thin', type: 'thin', fields: { pool_lv: 'pool' } },
      ],
      ['a'],
    );
    const statuses = ['pool_tdata', 'pool_tmeta'].map((name) => kernelRaid(pool, name, 'AA'));
    expect(told(pool, statuses, repairsOf('vg/pool_tdata', 'vg/pool_tmeta'))).toEqual([
      {
        ...{ volume: 'vg/pool', refresh },
        raids: [
          ['vg/pool_tdata', 0],
          ['vg/pool_tmeta', 1],
        ],
      },
    ]);
  });
});

describe('a RAID volume whose lost image the kernel uses still', () => {
  const raid = concealed(raidOf('data_corig', 'raid1', 20, ['a', 'b']));
  const blocked = (lvs: readonly MadeLv[], letters: string, lost: readonly string[], missing = lost) => {
    const group = groupOf(pvs, lvs, missing);
    return damageOf(group, new Set(lost.map(uuidOf)), [kernelRaid(group, 'data_corig', letters)])
      .blocked.filter(({ name }) => name === 'vg/data_corig')
      .map(({ why }) => why);
  };
  const cached = [...cachedOf('data', 'writethrough', 'c'), ...raid];

  it('is not repaired while the volume above has lost more, as errors would be put in the place of that, too', () => {
    expect(blocked(cached, 'AA', ['a', 'c'])).toEqual([
      expect.stringMatching(/not noticed .* while vg\/data lacks fast_cdata, fast_cmeta, too/),
    ]);
  });

  it('is repaired if that is all, if the kernel has noticed, or if the disks are there', () => {
    expect(blocked(cached, 'AA', ['a'])).toEqual([]);
    expect(blocked(cached, 'DA', ['a', 'c'])).toEqual([]);
    expect(blocked(cached, 'AA', ['a', 'c'], [])).toEqual([]);
  });

  it('is not repaired while a snapshot of the volume above has lost its store', () => {
    const snapshot: MadeLv = {
      ...{ name: 'snap', on: { d: 4 } },
      fields: { origin: 'data', lv_role: 'public,snapshot,thicksnapshot' },
    };
    expect(blocked([...cached, snapshot], 'AA', ['a', 'd'])).toEqual([
      expect.stringMatching(/while vg\/data lacks snap, too/),
    ]);
    expect(blocked([...cached, snapshot], 'DA', ['a', 'd'])).toEqual([]);
  });
});

describe('the step that tells the kernel', () => {
  const group = groupOf(pvs, raidOf('r', 'raid1', 10, ['b', 'a']), ['a']);

  // Runs it: `letters` are what the kernel says first, and after each refresh; `failure` is what the refreshes reject with.
  async function telling(letters: readonly string[], failure?: Error, stop = new AbortController()) {
    let refreshed = 0;
    const refresh = async () => {
      refreshed++;
      if (failure !== undefined) throw failure;
    };
    const words = ['lvm', 'lvchange', '--refresh'];
    const statuses = () => {
      const now = letters[Math.min(refreshed, letters.length - 1)] ?? '';
      return now === '' ? [] : [kernelRaid(group, 'r', now)];
    };
    const tools = {
      dm: { status: async () => statuses() },
      lvm: {
        fullreport: async () => ({ groups: [group], orphans: [] }),
        lvchange: { refresh: Object.assign(refresh, { argvIn: () => words }) },
      },
    } as unknown as Tools;
    const image = { index: 1, parts: [] };
    const raids = [{ name: 'vg/r', images: [image] }];
    const step = tellStep(
      tools,
      { groups: [group], orphans: [] },
      { volume: 'vg/r', refresh: 'vg/r', raids },
    );
    const nothing = { progress() {}, warn() {} };
    const error: unknown = await step
      .perform({ ...nothing, signal: stop.signal })
      .catch((one: unknown) => one);
    return { refreshed, error };
  }

  const failed = new LvmError('other', { command: ['lvchange'], message: 'it failed' });

  it('refreshes twice, and is content when the kernel has noticed', async () => {
    expect(await telling(['AA', 'AA', 'AD'])).toEqual({ refreshed: 2, error: undefined });
    expect(await telling(['AA', 'AD'])).toEqual({ refreshed: 2, error: undefined });
  });

  it('does nothing if the kernel has noticed by then', async () => {
    expect(await telling(['AD'])).toEqual({ refreshed: 0, error: undefined });
  });

  it('minds no error of lvm if the kernel has noticed', async () => {
    expect(await telling(['AA', 'AD'], failed)).toEqual({ refreshed: 2, error: undefined });
  });

  it.each([
    ['the kernel uses the image still', ['AA']],
    ['it says nothing of the volume', ['']],
  ])('refuses what comes after it if %s', async (_, letters) => {
    const { error } = await telling(letters, failed);
    expect(error).toMatchObject({ reason: 'unsafe', next: expect.stringContaining('vg/r'), cause: failed });
  });

  it('ends with what is no error of lvm, and when it is aborted', async () => {
    const other = new Error('other');
    expect(await telling(['AA'], other)).toEqual({ refreshed: 1, error: other });
    const stop = new AbortController();
    stop.abort();
    expect(await telling(['AA'], failed, stop)).toEqual({ refreshed: 1, error: failed });
  });
});
