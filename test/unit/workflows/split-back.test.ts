import { describe, expect, it } from 'vitest';
import { decode } from '../../../lib/targets/index.ts';
import { requireVolumeIn } from '../../../lib/workflows/lvm-step.ts';
import { leftOf, takeBack } from '../../../lib/workflows/split/split-back.ts';
import { copyTag } from '../../../lib/workflows/split/split-marks.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { groupOf, type MadeLv, raidOf } from './replace-group.ts';

const whole = 'raid1 2 AA 40960/40960 idle 0 0 -';
const raid: readonly MadeLv[] = raidOf('m', 'raid1', 10, ['a', 'b']).map((lv) =>
  lv.name === 'm' ? { ...lv, fields: { lv_initial_image_sync: '1' } } : lv,
);
const linear: MadeLv = { name: 'm', on: { a: 10 }, fields: { lv_uuid: 'source' } };
const copy: MadeLv = {
  ...{ name: 'copy', on: { b: 10 } },
  fields: { lv_tags: copyTag('m', 'source', new Date(0)) },
};

/** Tools that see these volumes, of which the commands that are named here fail; `ran` gets those that do not. */
function toolsOf(
  lvs: readonly MadeLv[],
  params: string,
  failing: readonly string[] = [],
  ran: string[] = [],
) {
  const command = (name: string) => async () => {
    if (failing.includes(name)) throw new Error(`${name} failed: 4 extents needed, 0 available`);
    ran.push(name);
  };
  const status = decode(params === '' ? 'linear' : 'raid', params);
  return {
    lvm: {
      fullreport: async () => ({ groups: [groupOf({ a: 20, b: 20 }, lvs)], orphans: [] }),
      lvremove: command('lvremove'),
      lvconvert: { raid1: command('raid1'), mirrors: command('mirrors'), mirror: command('mirror') },
    },
    dm: { status: async () => ({ suspended: false, error: null, segments: [{ status }] }) },
  } as unknown as Tools;
}

const before = requireVolumeIn({ groups: [groupOf({ a: 20, b: 20 }, raid)], orphans: [] }, 'vg/m');
const back = (failing: readonly string[], ran: string[] = [], lvs = [linear, copy]) =>
  takeBack(toolsOf(lvs, '', failing, ran), before, 'vg/copy', 2);

describe('a split that is taken back', () => {
  it('removes the copy and gives the volume an image in its place', async () => {
    const ran: string[] = [];
    expect(await back([], ran)).toEqual({
      did: '; vg/copy was removed again, and vg/m is synchronised with an image in its place',
    });
    expect(ran).toEqual(['lvremove', 'raid1']);
  });

  it('leaves alone what was not split off', async () => {
    const ran: string[] = [];
    expect(await back([], ran, [linear, { ...copy, fields: {} }])).toEqual({ did: '' });
    expect(ran).toEqual([]);
  });

  it('says how far it came when lvm does not do it, and does not fail', async () => {
    expect(await back(['raid1'])).toMatchObject({
      did: '; vg/copy was removed again, but vg/m has got no image in its place: raid1 failed: 4 extents needed, 0 available',
      failure: new Error('raid1 failed: 4 extents needed, 0 available'),
    });
    expect(await back(['lvremove'])).toMatchObject({
      did: expect.stringContaining('; vg/copy could not be removed again: lvremove failed'),
    });
  });
});

describe('what is left of a split', () => {
  const left = (lvs: readonly MadeLv[], params: string) => leftOf(toolsOf(lvs, params), 'vg/m', 'vg/copy', 2);

  it('is the copy while it is there', async () => {
    expect(await left([linear, copy], '')).toEqual({
      state: 'vg/copy is split off vg/m, which has 1 copy of its data',
      next: 'Call again: that finishes it.',
    });
  });

  it('is the copy that the volume lacks, or has not got in sync yet', async () => {
    expect(await left([linear], '')).toEqual({
      state: 'vg/m has 1 copy of its data, not 2',
      next: 'Give it another with addMirror.',
    });
    expect(await left(raid, 'raid1 2 Aa 4096/40960 recover 0 0 -')).toEqual({
      state: 'vg/m is at a recover, 10.00 percent done',
      next: 'Wait until it is in sync.',
    });
  });

  it('is nothing when it has as many as before, in sync', async () => {
    expect(await left(raid, whole)).toBeNull();
  });
});
