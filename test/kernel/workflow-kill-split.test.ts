import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import {
  planSplitForBackup,
  type SplitOptions,
  type TrackedSplitOptions,
} from '../../lib/workflows/index.ts';
import { unmountAll } from '../../lib/workflows/system/mounting.ts';
import { until } from './support/conversions.ts';
import { run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { lvsRows } from './support/lvs.ts';
import { fresh, isWhole, mirrored, mountedAt, splitGroup, sumOf, tagsOf } from './support/split.ts';
import { type Call, killAtEachStep, type Moment } from './support/workflow-kill.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const tools = { dm, lvm: openLvm({ dm }) };
const vg = 'sk';
const volume = `${vg}/data`;
let place = '';
let sum = '';

beforeAll(async () => {
  await splitGroup(vg, 3);
  await mirrored(vg, 'data');
  place = await mountedAt(`/dev/${volume}`);
});

afterAll(() => unmountAll(`/dev/${volume}`));

// Before a step is after the one before it; during, where a command runs.
function momentsIn(steps: Readonly<Record<string, readonly Moment[]>>): (step: string) => readonly Moment[] {
  return (step) => steps[step] ?? [];
}

async function setUp(): Promise<void> {
  const [[segtype] = []] = await lvsRows(volume, ['segtype']);
  await run('lvremove', ['--yes', '--force', `${vg}/copy`]).catch(() => {});
  if (segtype === 'linear') await run('lvconvert', ['--yes', '--type', 'raid1', '--mirrors', '1', volume]);
  await until(volume, /raid1 2 AA (\d+)\/\1 idle 0 /);
  sum = await fresh(place, 'kept');
  // What nobody has written out is not promised; the first call may have been killed before it did.
  await run('sync', ['--file-system', place]);
}

async function left(): Promise<string> {
  const rows = await lvsRows(vg, ['lv_name', 'lv_attr', 'lv_tags']);
  const shown = rows.filter(([name = '']) => !/^\[|rmeta|rimage_0/.test(name));
  const texts = shown.map(([name, attr, tags = '']) =>
    [name, attr, tags.replaceAll('devmapper.splitForBackup', '~')].join(' ').trim(),
  );
  const mounts = await readdir('/run/devmapper').catch(() => []);
  return [...texts, ...mounts.filter((one) => one.startsWith('split-'))].join(', ');
}

async function expectData(): Promise<void> {
  expect(await sumOf(join(place, 'kept'))).toBe(sum);
  // A file system that stayed frozen would hang here.
  await fresh(place, 'goes on', 4);
  // A lock's file stays, see lock.ts.
  expect((await readdir('/run/devmapper')).filter((one) => one !== 'locks')).toEqual([]);
  expect(await tagsOf(volume)).toEqual([]);
}

it('for a while, killed at any step: the next call merges the image back first, and all is in sync', async () => {
  await killAtEachStep({
    vg,
    async setUp(): Promise<Call> {
      await setUp();
      const options = { volume, tracked: true, mount: true };
      return { workflow: 'splitForBackup', options, callback: 'nothing' };
    },
    plan: ({ options }) => planSplitForBackup(tools, options as unknown as TrackedSplitOptions),
    left,
    moments: momentsIn({
      split: ['before', 'during'],
      mount: ['before', 'during'],
      use: ['before'],
      unmount: ['during'],
      merge: ['before', 'during'],
      compare: ['before'],
      unmark: ['during'],
    }),
    async check(second) {
      expect(second.end).toMatchObject({ kind: 'result', outcome: 'done' });
      await expectData();
      expect(await isWhole(volume)).toBe(true);
    },
  });
}, 1_500_000);

it('for good, killed at any step: the next call finishes it, or finds it done, and the copy has the data', async () => {
  await killAtEachStep({
    vg,
    async setUp(): Promise<Call> {
      await setUp();
      return { workflow: 'splitForBackup', options: { volume, name: 'copy' } };
    },
    plan: ({ options }) => planSplitForBackup(tools, options as unknown as SplitOptions),
    left,
    moments: momentsIn({
      mark: ['during'],
      split: ['before', 'during'],
      finish: ['before', 'during', 'after'],
    }),
    async check(second) {
      expect(second.end).toMatchObject({ kind: 'result' });
      await expectData();
      const rows = await lvsRows(vg, ['lv_name', 'lv_permissions', 'segtype']);
      expect(rows).toEqual([
        ['copy', 'read-only', 'linear'],
        ['data', 'writeable', 'linear'],
      ]);
      expect((await tagsOf(`${vg}/copy`)).join()).toMatch(
        /^devmapper\.splitForBackup\.of:data:[\w-]{38}:\d+$/,
      );
      const copy = await mountedAt(`/dev/${vg}/copy`, ['-o', 'ro,noload']);
      expect(await sumOf(join(copy, 'kept'))).toBe(sum);
      await run('umount', [copy]);
    },
  });
}, 1_500_000);
