import { expect, it } from 'vitest';
import { requireVolumeIn } from '../../../lib/workflows/lvm-step.ts';
import { toSettings } from '../../../lib/workflows/snapshot/with-snapshot-options.ts';
import { type Taken, takeStep } from '../../../lib/workflows/snapshot/with-snapshot-take.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { type Fields, stateOf } from '../lvm/commands/rows.ts';

const home: Fields = { lv_name: 'home', lv_uuid: 'home', segtype: 'linear' };
const snapshot: Fields = {
  ...{ lv_name: 'home_snap', lv_uuid: 'made', origin: 'home', segtype: 'linear' },
  lv_tags: 'devmapper.withSnapshot;devmapper.origin=home;devmapper.originUuid=home',
};

/** What a step that took a snapshot leaves if these volumes are there. */
async function left(...volumes: readonly Fields[]) {
  const argv = { argvIn: () => [] };
  const tools = {
    lvm: {
      fullreport: async () => stateOf(...volumes),
      lvremove: argv,
      lvcreate: { thinSnapshot: argv },
    },
  } as unknown as Tools;
  const taking = {
    row: requireVolumeIn(stateOf(home), 'vg/home'),
    ...{ origin: 'vg/home', name: 'vg/home_snap', device: '/dev/mapper/vg-home_snap', store: null },
    mount: { above: [] },
  };
  const taken = { taking, takenAt: null, uuid: 'made', directory: null } as unknown as Taken;
  const times = { begun: 0, ended: 0 };
  return takeStep(tools, stateOf(home), toSettings({ volumes: 'vg/home' }), taken, 0, times).left?.();
}

it('what is left of a snapshot is told by its uuid: where it is, and whether the next call removes it', async () => {
  expect(await left(home)).toBeNull();
  const renamed = [
    { ...home, lv_name: 'house' },
    { ...snapshot, lv_name: 'kept', origin: 'house' },
  ];
  expect(await left(...renamed)).toMatchObject({
    state: 'the snapshot vg/kept is still there, with the tag devmapper.withSnapshot',
    next: expect.stringMatching(/^Call withSnapshot .* or lvremove vg\/kept when nothing uses it\.$/),
  });
  expect(await left({ ...snapshot, origin: '', segtype: 'thin' })).toEqual({
    state: 'vg/home_snap, which was made as a snapshot of vg/home and is none any more, is still there',
    next: 'Look at what it holds, and lvremove vg/home_snap when nothing uses it.',
  });
});
