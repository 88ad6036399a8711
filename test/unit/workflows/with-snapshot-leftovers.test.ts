import { describe, expect, it } from 'vitest';
import { DmError } from '../../../lib/errors.ts';
import { requireVolumeIn } from '../../../lib/workflows/lvm-step.ts';
import { toSettings } from '../../../lib/workflows/snapshot/with-snapshot-options.ts';
import { snapshotSteps } from '../../../lib/workflows/snapshot/with-snapshot-steps.ts';
import type { Taking } from '../../../lib/workflows/snapshot/with-snapshot-stores.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { type Fields, stateOf } from '../lvm/commands/rows.ts';

const home: Fields = { lv_name: 'home', lv_uuid: 'home', lv_role: 'public', segtype: 'linear' };
const old = (lv_name: string): Fields => ({
  ...{ lv_name, lv_uuid: lv_name, lv_role: 'public;snapshot;thicksnapshot', origin: 'home' },
  lv_tags: 'devmapper.withSnapshot',
});

/** The first step of a run that finds two snapshots of an earlier one; lvm does not remove those that are `kept`. */
function cleanUp(...kept: readonly string[]) {
  const there = ['one', 'two'];
  const state = () => stateOf(home, ...there.map(old));
  const tools = {
    lvm: {
      fullreport: async () => state(),
      lvremove: Object.assign(
        async (name: string) => {
          if (kept.includes(name)) throw new Error(`${name} is in use`);
          there.splice(there.indexOf(name.replace('vg/', '')), 1);
        },
        { argvIn: () => [] },
      ),
      lvcreate: { thinSnapshot: { argvIn: () => [] } },
    },
    dm: {
      info: async () => {
        throw new DmError({ reason: 'no-device', errno: 6, operation: 'info', device: '', log: [] });
      },
    },
  } as unknown as Tools;
  const rows = ['one', 'two'].map((name) => requireVolumeIn(state(), `vg/${name}`));
  const taking = {
    row: requireVolumeIn(state(), 'vg/home'),
    ...{ origin: 'vg/home', name: 'vg/home_snap', device: '/dev/mapper/vg-home_snap', store: null },
    mount: { above: [], options: null },
    leftovers: { rows, directories: [], orphan: false },
  } as unknown as Taking;
  const settings = toSettings({ volumes: 'vg/home', mount: false });
  const [step] = snapshotSteps(tools, state(), settings, [taking], () => 0).steps;
  if (step === undefined) throw new Error('there is no step');
  const context = { signal: new AbortController().signal, progress: () => {}, warn: () => {} };
  return { step, perform: () => step.perform(context) };
}

describe('the removal of what an earlier run has left', () => {
  it('says what is removed and what is still there when it ends in the middle', async () => {
    const { step, perform } = cleanUp('vg/two');
    await expect(perform()).rejects.toThrow('vg/two is in use');
    expect(await step.left?.()).toMatchObject({
      state:
        'of what an earlier run has left vg/one is removed, and vg/two is still there, perhaps unmounted',
    });
  });

  it('says what is still there when nothing could be removed, and nothing when all was', async () => {
    const none = cleanUp('vg/one', 'vg/two');
    await expect(none.perform()).rejects.toThrow('vg/one is in use');
    expect(await none.step.left?.()).toMatchObject({
      state: 'of what an earlier run has left vg/one, vg/two are still there, perhaps unmounted',
    });
    const all = cleanUp();
    await all.perform();
    expect(await all.step.left?.()).toBeNull();
  });
});
