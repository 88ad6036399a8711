import { describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../../lib/lvm/bind.ts';
import { lvconvert } from '../../../../lib/lvm/commands/lvconvert.ts';
import type { After } from '../../../../lib/lvm/operation.ts';
import type { LvmState } from '../../../../lib/lvm/state.ts';
import { type Fields, stateOf } from './rows.ts';

const place = { groups: ['vg'], volumes: [{ vg: 'vg', lv: 'lv' }], devices: [], flags: [], operands: [] };

function call(before: LvmState, options: object, after = before): After<object> {
  return { place, options, before, after, notes: [] };
}

function refusal(operation: AnyOperation, before: LvmState, options: object) {
  return operation.refuse?.(call(before, options) as never) ?? null;
}

function missing(operation: AnyOperation, before: LvmState, after: LvmState, options: object = {}) {
  return operation.verify?.(call(before, options, after) as never) ?? null;
}

function consents(operation: AnyOperation, before: LvmState, options: object = {}): readonly string[] {
  const questions = operation.asks?.(call(before, options) as never) ?? [];
  return questions.flatMap(({ consent, granted }) => (granted ? [] : [consent]));
}

/** A raid1 of two images, in sync and idle unless said otherwise. */
function raid1(of: Partial<Fields> = {}, image: Partial<Fields> = {}): LvmState {
  return stateOf(
    {
      ...{ lv_name: 'lv', segtype: 'raid1', stripes: '2', lv_attr: 'rwi-a-r---', lv_active: 'active' },
      ...{
        devices: 'lv_rimage_0(0),lv_rimage_1(0)',
        copy_percent: '100.00',
        raid_sync_action: 'idle',
        ...of,
      },
    },
    { lv_name: '[lv_rimage_0]', segtype: 'linear', devices: '/dev/sda(1)', lv_image_synced: '1' },
    { lv_name: '[lv_rimage_1]', segtype: 'linear', devices: '/dev/sdb(1)', lv_image_synced: '1', ...image },
  );
}

const linear = stateOf({ lv_name: 'lv', segtype: 'linear', devices: '/dev/sda(0)' });

describe('a split', () => {
  const options = { images: 1, name: 'copy' };

  it('is of images that are in sync', () => {
    expect(refusal(lvconvert.splitMirrors, raid1(), options)).toBeNull();
  });

  it.each([
    ['never synchronised', raid1({ lv_attr: 'Rwi-a-r---' }), /without synchronising/],
    ['at a resync', raid1({ raid_sync_action: 'resync', copy_percent: '12.00' }), /at a resync/],
    ['at a check', raid1({ raid_sync_action: 'check' }), /at a check/],
    ['behind', raid1({ copy_percent: '99.98' }), /99\.98 percent/],
    ['with an image behind', raid1({}, { lv_image_synced: '0' }), /lv_rimage_1 is not in sync/],
  ])('is not of a raid1 %s', (_, state, message) => {
    const found = refusal(lvconvert.splitMirrors, state, options);
    expect(found).toMatchObject({ reason: 'not-in-sync', message: expect.stringMatching(message) });
    expect(refusal(lvconvert.trackSplit, state, { images: 1 })).toMatchObject({ reason: 'not-in-sync' });
  });

  it('of images that were never synchronised has a consent, of those that are not in sync none', () => {
    const never = raid1({ lv_attr: 'Rwi-a-r---' });
    const allowed = { ...options, unsynchronised: true };
    expect(refusal(lvconvert.splitMirrors, never, allowed)).toBeNull();
    expect(refusal(lvconvert.splitMirrors, raid1({ copy_percent: '5.00' }), allowed)).not.toBeNull();
  });

  it('is none if lvm says so but the images are as before', () => {
    expect(missing(lvconvert.splitMirrors, raid1(), raid1(), options)).toMatch(/no volume vg\/copy/);
    expect(missing(lvconvert.trackSplit, raid1(), raid1())).toMatch(/no image was split off/);
  });

  it('with tracking keeps all else from being converted', () => {
    const tracking = raid1({}, { lv_name: 'lv_rimage_1' });
    for (const operation of [lvconvert.mirrors, lvconvert.linear, lvconvert.repair, lvconvert.integrity])
      expect(refusal(operation, tracking, { mirrors: 1 })).toMatchObject({ reason: 'tracking-split' });
  });
});

describe('a repair', () => {
  it.each([
    ['a device is missing', raid1({}, { devices: '[unknown](1)' }), /a device of lv_rimage_1 is missing/],
    ['vgreduce left errors', raid1({}, { segtype: 'error', devices: '' }), /lv_rimage_1 has only errors/],
    ['the image is to be refreshed', raid1({ lv_health_status: 'refresh needed' }), /refresh needed/],
    ['an image was dropped', linear, /has 1 images, and had 2/],
    ['the volume is gone', stateOf({ lv_name: 'other' }), /no volume vg\/lv/],
  ])('is none where %s', (_, after, message) => {
    expect(missing(lvconvert.repair, raid1(), after)).toMatch(message);
  });

  it('is one where nothing is broken', () => {
    expect(missing(lvconvert.repair, raid1({}, { devices: '[unknown](1)' }), raid1())).toBeNull();
  });
});

describe('consents', () => {
  it('are asked for what is lost, not for what the name says', () => {
    expect(consents(lvconvert.raid1, linear, { mirrors: 1 })).toEqual([]);
    expect(consents(lvconvert.mirrors, raid1(), { mirrors: 2 })).toEqual([]);
    expect(consents(lvconvert.mirrors, raid1(), { mirrors: 0 })).toEqual(['loseResilience']);
    expect(consents(lvconvert.linear, raid1())).toEqual(['loseResilience']);
    expect(consents(lvconvert.raid0, raid1())).toEqual(['loseResilience', 'interim']);
    expect(consents(lvconvert.thinPool, linear)).toEqual(['destroyContents']);
  });

  it('to another step come with a type that is reached or on the way', () => {
    const raid5 = raid1({ segtype: 'raid5_n' });
    expect(missing(lvconvert.raid0, raid1(), raid5, { interim: true })).toBeNull();
    expect(missing(lvconvert.raid0, raid1(), raid5)).toMatch(/of type raid5_n, not raid0/);
    expect(missing(lvconvert.raid0, raid1(), raid1(), { interim: true })).toMatch(/of type raid1, not raid0/);
  });
});

describe('the number of images', () => {
  it('of a mirror under conversion counts those of the hidden mirror too', () => {
    const converting = stateOf(
      { lv_name: 'lv', segtype: 'mirror', devices: 'lv_mimagetmp_2(0),lv_mimage_2(0)' },
      { lv_name: '[lv_mimagetmp_2]', segtype: 'mirror', devices: 'lv_mimage_0(0),lv_mimage_1(0)' },
      ...['0', '1', '2'].map((index) => ({ lv_name: `[lv_mimage_${index}]`, segtype: 'linear' })),
    );
    expect(missing(lvconvert.mirror, linear, converting, { mirrors: 2 })).toBeNull();
    expect(missing(lvconvert.mirror, linear, converting, { mirrors: 1 })).toMatch(/has 3 images/);
  });

  it('of a raid1 or another type is not taken from an option that lvm overlooks', () => {
    expect(refusal(lvconvert.mirror, raid1(), { mirrors: 2 })).toMatchObject({
      reason: 'image-count-invalid',
    });
    expect(refusal(lvconvert.mirror, raid1(), { mirrors: 1 })).toBeNull();
    expect(refusal(lvconvert.mirrors, linear, { mirrors: 1 })).toMatchObject({ reason: 'wrong-type' });
  });
});
