import { describe, expect, it } from 'vitest';
import type { Tools } from '../../../lib/workflows/index.ts';
import {
  planReplaceFailedDevice,
  replaceFailedDevice,
  watchAndRepair,
} from '../../../lib/workflows/index.ts';
import { checkReplace } from '../../../lib/workflows/replace/replace-options.ts';
import { uuidOf } from './replace-group.ts';

// Tools that nothing may be asked of.
const untouched = { dm: {}, lvm: {} } as unknown as Tools;

describe('the options of a replacement', () => {
  it('say which disk by its path or uuid, and what takes its place', () => {
    expect(checkReplace({ vg: 'vg' })).toEqual({
      ...{ vg: 'vg', failed: undefined, spares: 'free', allowDestroy: [] },
      ...{ keepLost: false, wipeSignatures: false, wait: true },
    });
    expect(checkReplace({ vg: 'vg', failed: '/dev/sdb', with: '/dev/sdc' })).toMatchObject({
      failed: '/dev/sdb',
      spares: ['/dev/sdc'],
    });
    expect(
      checkReplace({ vg: 'vg', failed: uuidOf('a'), with: ['/dev/sdc', '/dev/sdc', '/dev/sdd'] }),
    ).toMatchObject({
      failed: uuidOf('a'),
      spares: ['/dev/sdc', '/dev/sdd'],
    });
    expect(checkReplace({ vg: 'vg', with: 'free' }).spares).toBe('free');
  });

  it.each([
    ['a group that is none', { vg: '-vg' }, /vg/],
    ['a disk that is neither path nor uuid', { vg: 'vg', failed: 'sdb' }, /failed/],
    ['no spare at all', { vg: 'vg', with: [] }, /with/],
    ['a spare that is no device', { vg: 'vg', with: 'sdc' }, /with/],
    ['a volume without its group', { vg: 'vg', allowDestroy: ['lv'] }, /allowDestroy\[0\]/],
    ['consent that is no list', { vg: 'vg', allowDestroy: 'vg/lv' }, /allowDestroy/],
    ['a word for true', { vg: 'vg', wipeSignatures: 'yes' }, /wipeSignatures/],
    ['an option that is none', { vg: 'vg', force: true }, /options\.force/],
  ])('are refused before anything is looked at: %s', async (_, options, message) => {
    const given = options as never;
    await expect(replaceFailedDevice(untouched, given)).rejects.toThrow(message);
    await expect(planReplaceFailedDevice(untouched, given)).rejects.toThrow(TypeError);
  });
});

describe('the options of a watch', () => {
  it.each([
    ['no spares', { vg: 'vg' }, /spares/],
    ['a spare that is no device', { vg: 'vg', spares: ['sdc'] }, /spares\[0\]/],
    ['a veto that is no function', { vg: 'vg', spares: [], veto: true }, /veto/],
    ['a time that is none', { vg: 'vg', spares: [], minInterval: -1 }, /minInterval/],
    ['an option that is none', { vg: 'vg', spares: [], force: true }, /options\.force/],
  ])('are refused at once: %s', (_, options, message) => {
    const tools = { dm: { monitor: () => {} }, lvm: { fullreport: () => {} } } as unknown as Tools;
    expect(() => watchAndRepair(tools, options as never)).toThrow(message);
  });
});
