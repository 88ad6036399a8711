import { describe, expect, it } from 'vitest';
import type { DeviceStatus } from '../../../lib/device.ts';
import { Lvm } from '../../../lib/lvm/index.ts';
import { planReplaceFailedDevice, type Tools } from '../../../lib/workflows/index.ts';
import { groupOf, kernelMirror, type MadeLv, mirrorOf, uuidOf } from './replace-group.ts';

const tag = `devmapper.filling:${uuidOf('a')}`;
const tagged = (fields: Readonly<Record<string, string>> = {}): readonly MadeLv[] =>
  mirrorOf('m', 10, ['a', 'b'], null, { lv_tags: tag, lv_initial_image_sync: '1', ...fields });

// The steps of a replacement that does not wait, in a group that has lost nothing.
async function stepsOf(lvs: readonly MadeLv[], kernel: readonly [letters: string, used: number] | null) {
  const group = groupOf({ a: 100, b: 100 }, lvs);
  const statuses: readonly DeviceStatus[] = kernel === null ? [] : [kernelMirror(group, 'm', ...kernel, 20)];
  const tools = {
    dm: { monitor: () => {}, status: async () => statuses },
    lvm: { ...Lvm.open(), fullreport: async () => ({ groups: [group], orphans: [] }) },
  } as unknown as Tools;
  const { steps } = await planReplaceFailedDevice(tools, { vg: 'vg', wait: false });
  return steps.map(({ name, commands }) => [name, ...commands.flat()].join(' '));
}

const forgotten = [`forget lvchange --deltag=${tag} -- vg/m`, 'check'];

describe('a replacement that does not wait', () => {
  it('takes the note off a mirror that is in sync by now, whoever has left it there', async () => {
    expect(await stepsOf(tagged(), ['AA', 20])).toEqual(forgotten);
  });

  it('takes it off one that was made with --nosync, when the kernel has filled it', async () => {
    expect(await stepsOf(tagged({ lv_initial_image_sync: '0' }), ['AA', 20])).toEqual(forgotten);
  });

  it('leaves it on one that is being filled, or converted, or that is not active', async () => {
    expect(await stepsOf(tagged(), ['AA', 19])).toEqual([]);
    expect(await stepsOf(tagged({ lv_converting: '1' }), ['AA', 20])).toEqual([]);
    expect(await stepsOf(tagged({ lv_active: '' }), null)).toEqual([]);
  });
});
