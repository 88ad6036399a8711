import { describe, expect, it } from 'vitest';
import { DmError } from '../../../lib/errors.ts';
import { removeSnapshot } from '../../../lib/workflows/snapshot/snapshot-clean-up.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { type Fields, stateOf } from '../lvm/commands/rows.ts';

const home: Fields = { lv_name: 'home', lv_role: 'public', segtype: 'linear' };
const snapshot: Fields = {
  ...{ lv_name: 'copy', lv_role: 'public;snapshot;thicksnapshot', origin: 'home' },
  lv_tags: 'devmapper.withSnapshot;devmapper.origin=home',
};

async function removed(
  volume?: Fields,
  uuid: string | null = null,
  originNow: Fields = home,
): Promise<readonly string[]> {
  const state = stateOf(originNow, ...(volume === undefined ? [] : [volume]));
  const [origin] = stateOf(home).groups[0]?.lvs ?? [];
  if (origin === undefined) throw new Error('there is no volume');
  const names: string[] = [];
  const tools = {
    lvm: { fullreport: async () => state, lvremove: async (name: string) => names.push(name) },
    dm: {
      info: async () => {
        throw new DmError({ reason: 'no-device', errno: 6, operation: 'info', device: '', log: [] });
      },
    },
  } as unknown as Tools;
  const made = { name: 'vg/copy', uuid };
  expect(await removeSnapshot(tools, made, origin)).toBe(names.length === 1);
  return names;
}

describe('the removal of a snapshot', () => {
  it('removes it, half-made or not', async () => {
    expect(await removed(snapshot)).toEqual(['vg/copy']);
    expect(await removed({ ...snapshot, origin: '' })).toEqual(['vg/copy']);
  });

  it('leaves alone one of that name that is not the one that was made', async () => {
    expect(await removed({ ...snapshot, lv_uuid: 'later' }, 'made')).toEqual([]);
    expect(await removed({ ...snapshot, lv_uuid: 'made' }, 'made')).toEqual(['vg/copy']);
  });

  it('leaves alone what has its name and is of another volume, of another maker, or gone', async () => {
    expect(await removed({ ...snapshot, origin: 'srv', lv_tags: 'devmapper.withSnapshot' })).toEqual([]);
    expect(await removed({ ...snapshot, origin: '', lv_tags: 'devmapper.withSnapshot' })).toEqual([]);
    expect(await removed({ ...snapshot, lv_tags: 'mine' })).toEqual([]);
    expect(await removed()).toEqual([]);
  });

  it('finds it by its uuid when it, or its volume, has got another name', async () => {
    const house = { ...home, lv_name: 'house' };
    const made = { ...snapshot, lv_uuid: 'made', origin: 'house' };
    expect(await removed(made, 'made', house)).toEqual(['vg/copy']);
    expect(await removed({ ...made, lv_name: 'kept' }, 'made', house)).toEqual(['vg/kept']);
  });

  it('does not call removed what is there and is a snapshot of this volume no more', async () => {
    const made = { ...snapshot, lv_uuid: 'made' };
    for (const more of [{ origin: '', segtype: 'thin' }, { lv_tags: 'mine' }, { origin: 'srv' }])
      await expect(removed({ ...made, ...more }, 'made')).rejects.toThrow(
        'vg/copy is no snapshot of vg/home',
      );
  });

  it('removes none that has snapshots of its own, which would go along', async () => {
    await expect(
      removed({ ...snapshot, origin: 'home', lv_role: 'public;origin;thickorigin' }),
    ).rejects.toThrow('has snapshots of its own');
  });
});
