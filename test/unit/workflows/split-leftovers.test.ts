import { describe, expect, it } from 'vitest';
import { trackedImage } from '../../../lib/lvm/commands/lvconvert-images.ts';
import { requireVolumeIn } from '../../../lib/workflows/lvm-step.ts';
import { leftoverSteps } from '../../../lib/workflows/split/split-leftovers.ts';
import type { SplitLook } from '../../../lib/workflows/split/split-look.ts';
import { marksOf, pendingTag } from '../../../lib/workflows/split/split-marks.ts';
import { mounts } from '../../../lib/workflows/system/mounts.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { type Fields, stateOf } from '../lvm/commands/rows.ts';

const tags = [
  ...[pendingTag('one', false, 'one'), pendingTag('two', false, 'two'), pendingTag('never', false, 'never')],
  'devmapper.splitForBackup.image:1',
];
const lv: Fields = {
  ...{ lv_name: 'lv', lv_uuid: 'lv', segtype: 'raid1', lv_attr: 'rwi-aor---', stripes: '2' },
  ...{ devices: 'lv_rimage_0(0),lv_rimage_1(0)', lv_tags: tags.join() },
};
const image = (lv_name: string, number: string): Fields => {
  const [lv_kernel_major, lv_kernel_minor] = number.split(':');
  return { lv_name, lv_uuid: lv_name, lv_attr: 'iwi-aor---', lv_kernel_major, lv_kernel_minor };
};
const copy = (lv_name: string): Fields => ({ lv_name, lv_uuid: lv_name });

/** The steps for an image that is split off and has this number; `later` is what it has when it is looked at again. */
async function stepsOf(number: string, later = number, directory?: string) {
  const state = (one: string) =>
    stateOf(lv, image('[lv_rimage_0]', '8:65534'), image('lv_rimage_1', one), copy('one'), copy('two'));
  const change = async (name: string) => {
    if (name === 'vg/two') throw new Error('no room for metadata');
  };
  const argv = { argvIn: () => [] };
  const tools = {
    lvm: {
      fullreport: async () => state(later),
      lvchange: { change: Object.assign(change, argv), syncAction: argv },
      lvconvert: { mergeMirrors: argv },
    },
  } as unknown as Tools;
  const now = state(number);
  const row = requireVolumeIn(now, 'vg/lv');
  const tracked = trackedImage(now, 'vg/lv');
  const look = { state: now, row, marks: marksOf(row.tags), tracked, leftover: 'tracked' };
  const steps = await leftoverSteps(tools, look as unknown as SplitLook, { directory });
  const context = { signal: new AbortController().signal, progress: () => {}, warn: () => {} };
  return (name: string) => {
    const step = steps.find((one) => one.name === name);
    if (step === undefined) throw new Error(`no step ${name}`);
    return { perform: () => step.perform(context), left: async () => step.left?.() };
  };
}

describe('what earlier calls have left, if it cannot be finished', () => {
  it('is what was not finished, and no more what was', async () => {
    const step = await stepsOf('8:65535');
    await step('finish-one').perform();
    expect(await step('finish-one').left()).toBeNull();
    await expect(step('finish-two').perform()).rejects.toThrow('no room');
    expect(await step('finish-two').left()).toEqual({
      state: 'vg/two is split off vg/lv, but not finished',
      next: 'Call again: that finishes it.',
    });
    // Of one that was not come to nothing is there.
    expect(await step('finish-never').left()).toBeNull();
  });

  it('is the split image, its difference, and our tags', async () => {
    const step = await stepsOf('8:65535');
    expect(await step('merge-leftover').left()).toMatchObject({
      state: 'vg/lv_rimage_1 is still split off vg/lv',
    });
    expect(await step('compare-leftover').left()).toMatchObject({ state: expect.stringContaining('differ') });
    expect(await step('settle').left()).toMatchObject({ state: expect.stringContaining('our tags') });
  });

  it('is a mount that is gone', async () => {
    const all = await mounts();
    const only = all.find((one) => all.filter(({ device }) => device === one.device).length === 1);
    if (only === undefined) throw new Error('no file system is mounted once');
    const { device, target } = only;
    expect(await (await stepsOf(device, device, target))('unmount-leftover').left()).toBeNull();
    expect(await (await stepsOf(device, '8:65535', target))('unmount-leftover').left()).toMatchObject({
      state: `vg/lv_rimage_1, which an earlier call has left split off, is no longer mounted on ${target}`,
    });
  });
});
