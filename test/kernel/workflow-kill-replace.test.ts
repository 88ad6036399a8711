import { expect, it } from 'vitest';
import { planReplaceFailedDevice } from '../../lib/workflows/index.ts';
import { kernel } from './support/conversions.ts';
import type { TestDisk } from './support/disks.ts';
import {
  checksum,
  failData,
  filled,
  laidOut,
  mirrorInSync,
  openTools,
  raidInSync,
  rewrite,
  wipe,
} from './support/replace.ts';
import { type Ended, type KillTest, killAtEachStep, type Moment } from './support/workflow-kill.ts';

const tools = openTools();
const vg = 'kill';
const disks: TestDisk[] = [];
let sums: readonly string[] = [];
let writer: Promise<unknown> = Promise.resolve();

// A mirror and a raid1, one disk of which is lost; `break` says how.
function test(
  breakDisk: (disk: TestDisk) => Promise<void>,
  moments: (step: string) => readonly Moment[],
): KillTest {
  return {
    vg,
    moments,
    async setUp() {
      await writer;
      await laidOut(tools, vg, disks, 4, 3);
      const paths = disks.map(({ path }) => path);
      const [first = '', second = '', third = '', spare = ''] = paths;
      sums = [
        await filled(`${vg}/m`, 4, mirrorInSync, '--type', 'mirror', '-m1', second, first, third),
        await filled(`${vg}/r`, 4, raidInSync, '--type', 'raid1', '-m1', first, second),
      ];
      const [broken] = disks;
      if (broken !== undefined) await breakDisk(broken);
      // Writes of what is there: the mirror's stay in the kernel until it is repaired.
      writer = rewrite(`${vg}/m`);
      await rewrite(`${vg}/r`);
      return { workflow: 'replaceFailedDevice', options: { vg, with: spare } };
    },
    plan: ({ options }) => planReplaceFailedDevice(tools, { vg, with: String(options.with) }),
    async left() {
      const [group] = await tools.lvm.vgs({ targets: [vg] });
      const rows = await tools.lvm.lvs({ targets: [vg] });
      const volumes = rows.map(
        ({ name, segtype, healthStatus, tags }) =>
          `${name} ${segtype}${healthStatus === null ? '' : ` (${healthStatus})`}${tags.length === 0 ? '' : ', noted'}`,
      );
      return [`${group?.pvCount} disks, ${group?.missingPvCount} missing`, ...volumes].join('; ');
    },
    async check({ end }: Ended) {
      expect(end).toMatchObject({ kind: 'result', outcome: expect.stringMatching(/^(?:done|already)$/) });
      await writer;
      expect(await Promise.all(['m', 'r'].map((lv) => checksum(`${vg}/${lv}`)))).toEqual(sums);
      expect(await kernel(`${vg}/m`)).toMatch(mirrorInSync);
      expect(await kernel(`${vg}/m`)).toContain(' 3 disk ');
      expect(await kernel(`${vg}/r`)).toMatch(raidInSync);
      expect(await checksum(`${vg}/r_rimage_1`)).toBe(await checksum(`${vg}/r_rimage_0`));
      const [group] = await tools.lvm.vgs({ targets: [vg] });
      expect(group).toMatchObject({ pvCount: 3, missingPvCount: 0, lvCount: 2 });
      const rows = await tools.lvm.lvs({ targets: [vg], all: true });
      expect(rows.flatMap(({ tags }) => tags)).toEqual([]);
      expect(rows.map(({ name }) => name).sort()).toEqual([
        ...['m', 'm_mimage_0', 'm_mimage_1', 'm_mlog'],
        ...['r', 'r_rimage_0', 'r_rimage_1', 'r_rmeta_0', 'r_rmeta_1'],
      ]);
    },
  };
}

const long = 1_200_000;

it('a replacement of a lost disk that is killed is finished by the next, and no data is lost', {
  timeout: long,
}, async () => {
  const breaking = ['repair:m', 'remove'];
  const rows = await killAtEachStep(
    test(
      (disk) => disk.fail(),
      (step) => (breaking.includes(step) ? ['before', 'during'] : ['before']),
    ),
  );
  expect(new Set(rows.map(({ step }) => step))).toContain('repair:m');
});

it('so is that of a disk that is there and fails', { timeout: long }, async () => {
  const breaking = ['replace:r', 'remirror:m'];
  const rows = await killAtEachStep(test(failData, (step) => (breaking.includes(step) ? ['during'] : [])));
  expect(rows.map(({ step }) => step)).toEqual(breaking);
});

it('so is that of one without its label that the kernel uses still', { timeout: long }, async () => {
  const broken: Readonly<Record<string, readonly Moment[]>> = {
    'tell:r': ['before', 'during'],
    'repair:r': ['during'],
  };
  const rows = await killAtEachStep(
    test(
      ({ path }) => wipe(path),
      (step) => broken[step] ?? [],
    ),
  );
  expect(rows.map(({ step }) => step)).toEqual(['tell:r', 'tell:r', 'repair:r']);
});
