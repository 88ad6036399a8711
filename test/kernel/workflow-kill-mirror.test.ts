import { afterAll, beforeAll, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import {
  type AddMirrorOptions,
  type CreateMirrorOptions,
  planAddMirror,
  planCreateMirror,
} from '../../lib/workflows/index.ts';
import { lookAtSync } from '../../lib/workflows/sync.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { later, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { digest } from './support/rollback.ts';
import { type Call, type Ended, killAtEachStep } from './support/workflow-kill.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };
const vg = 'mk';
const volume = `${vg}/m`;
let disks: readonly TestDisk[] = [];
let before = '';

beforeAll(async () => {
  const made: TestDisk[] = [];
  for (const index of [0, 1, 2, 3]) made.push(await testDisk(`mk-${index}`, 17));
  disks = made;
  await lvm.vgcreate(vg, { devices: disks.map(({ path }) => path) });
  later(async () => {
    await run('vgremove', ['--force', '--yes', vg]);
  });
});

// Slow disks for what is copied, so that the kernel is at it while the workflow is killed.
async function empty(): Promise<void> {
  for (const disk of disks) await disk.heal();
  await run('lvremove', ['--yes', '--force', vg]);
  for (const disk of disks.slice(1)) await disk.slow(60);
}

async function withData(): Promise<void> {
  await empty();
  await run('lvcreate', [
    '--yes',
    '--wipesignatures',
    'n',
    '--extents',
    '3',
    '--name',
    'm',
    vg,
    disks[0]?.path ?? '',
  ]);
  await write(`/dev/${volume}`, 0, 12 * 1024 * 1024, 0x33);
  before = await digest(`/dev/${volume}`);
}

async function volumes(): Promise<string> {
  const rows = await lvm.lvs({ targets: [vg], all: true });
  return rows.map(({ name, attr, tags }) => [name, attr, ...tags].join(' ')).join(', ') || 'nothing';
}

// All legs, nothing but what belongs to them, and truly in sync.
async function isWhole(second: Ended, type: string, copies: number): Promise<void> {
  expect(second.end).toMatchObject({ kind: 'result', outcome: expect.stringMatching(/^(?:done|already)$/) });
  const { row, found } = await lookAtSync(tools, volume);
  expect(found).toBeNull();
  expect(row).toMatchObject({ segtype: type, tags: [], copyPercent: 100 });
  const rows = await lvm.lvs({ targets: [vg], all: true });
  const parts = rows.map(({ name }) => name).filter((name) => name !== 'm');
  expect(parts.filter((name) => /^m_[rm]image_\d$/.test(name))).toHaveLength(copies);
  expect(rows.flatMap(({ tags }) => tags)).toEqual([]);
  expect(parts.filter((name) => !/^m_(?:[rm]image_\d|rmeta_\d|mlog)$/.test(name))).toEqual([]);
}

const added = [
  { volume },
  { volume, type: 'mirror', copies: 3 },
] as const satisfies readonly AddMirrorOptions[];

it.each(added)(
  'addMirror that is killed at any step goes on, and the data stay: %o',
  async (options) => {
    await killAtEachStep({
      vg,
      async setUp(): Promise<Call> {
        await withData();
        return { workflow: 'addMirror', options };
      },
      plan: () => planAddMirror(tools, options),
      left: volumes,
      async check(second) {
        await isWhole(second, 'type' in options ? 'mirror' : 'raid1', 'copies' in options ? 3 : 2);
        expect(await digest(`/dev/${volume}`)).toBe(before);
      },
      moments: (step) => (step === 'sync' ? ['during'] : ['during', 'after']),
    });
  },
  900_000,
);

const created = [
  { volume, size: { extents: 3 } },
  // Each leg on two disks: leg by leg, with its log afterwards.
  { volume, size: { extents: 5 }, type: 'mirror' },
] as const satisfies readonly CreateMirrorOptions[];

it.each(created)(
  'createMirror that is killed at any step goes on: %o',
  async (options) => {
    await killAtEachStep({
      vg,
      async setUp(): Promise<Call> {
        await empty();
        return { workflow: 'createMirror', options };
      },
      plan: () => planCreateMirror(tools, options),
      left: volumes,
      check: (second) => isWhole(second, 'type' in options ? 'mirror' : 'raid1', 2),
      moments: (step) => ('type' in options && (step === 'create' || step === 'sync') ? [] : ['during']),
    });
  },
  900_000,
);
