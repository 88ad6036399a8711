import { afterAll, beforeAll, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { planRollback, type RollbackOptions } from '../../lib/workflows/index.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { digest } from './support/rollback.ts';
import { type Call, killAtEachStep } from './support/workflow-kill.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const vg = 'rk';
const mebibyte = 1024 * 1024;
const origins = ['one', 'two'];
let disk: TestDisk;
let before: readonly string[] = [];

beforeAll(async () => {
  disk = await testDisk('rk-disk', 200);
  await volumeGroup(vg, [{ ...disk.backing, path: disk.path }], { extentSize: '1m' });
});

// Two origins, of which the second is inactive, so that each step is in the plan.
async function setUp(): Promise<Call> {
  await disk.heal();
  await run('lvremove', ['--yes', '--force', vg]);
  const tags = (await lvm.vgs({ targets: [vg] }))[0]?.tags ?? [];
  if (tags.length > 0) await lvm.vgchange.change(vg, { deleteTags: tags });
  before = [];
  for (const name of origins) {
    await run('lvcreate', ['--yes', '--wipesignatures', 'n', '--size', '12m', '--name', name, vg]);
    await write(`/dev/${vg}/${name}`, 0, 12 * mebibyte, 0x11);
    before = [...before, await digest(`/dev/${vg}/${name}`)];
    await run('lvcreate', ['--snapshot', '--size', '10m', '--name', `${name}_s`, `${vg}/${name}`]);
    await write(`/dev/${vg}/${name}`, 0, 8 * mebibyte, 0x22);
  }
  await run('lvchange', ['--activate', 'n', `${vg}/two`]);
  // So that the kernel is at it while it is killed.
  await disk.slow(40);
  return { workflow: 'rollback', options: { snapshots: origins.map((name) => `${vg}/${name}_s`) } };
}

async function volumes(): Promise<string> {
  const rows = await lvm.lvs({ targets: [vg], all: true });
  const tags = (await lvm.vgs({ targets: [vg] }))[0]?.tags ?? [];
  return [...rows.map(({ name, attr }) => `${name} ${attr}`), ...(tags.length > 0 ? ['tagged'] : [])].join(
    ', ',
  );
}

it('that is killed at any step goes on when it is called again: both origins are as their snapshots were', async () => {
  await killAtEachStep({
    vg,
    setUp,
    plan: ({ options }) => planRollback({ dm, lvm }, options as unknown as RollbackOptions),
    left: volumes,
    async check(second) {
      // Killed when the note was already taken back, there is nothing left that could be told of.
      expect(second.end).toMatchObject(
        second.end?.kind === 'result' ? { outcome: 'done' } : { reason: 'not-found' },
      );
      const rows = await lvm.lvs({ targets: [vg], all: true });
      expect(rows.map(({ name }) => name).sort()).toEqual(origins);
      expect((await lvm.vgs({ targets: [vg] }))[0]?.tags).toEqual([]);
      expect(rows.find(({ name }) => name === 'two')?.active).toBe(false);
      await run('lvchange', ['--activate', 'y', `${vg}/two`]);
      const after = await Promise.all(origins.map((name) => digest(`/dev/${vg}/${name}`)));
      expect(after).toEqual(before);
    },
  });
}, 900_000);
