import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { beforeEach } from 'vitest';
import { DeviceMapper } from '../../../lib/index.ts';
import { type Tools, WorkflowError } from '../../../lib/workflows/index.ts';
import { made, until } from './conversions.ts';
import { type TestDisk, testDisk, write } from './disks.ts';
import { replaceTable } from './dmsetup.ts';
import { later, run } from './lab.ts';
import { openLvm } from './lvm.ts';

/** What workflows work with, closed when the test file ends. */
export function openTools(): Tools {
  const dm = DeviceMapper.open();
  later(async () => dm.close());
  return { dm, lvm: openLvm({ dm }) };
}

/** Disks of 64 MiB, by number, that are well and bare before each test, the first so many of them in the group `vg`. */
export function bench(tools: Tools, vg: string, count: number, inGroup: number): (index: number) => TestDisk {
  const disks: TestDisk[] = [];
  const disk = (index: number): TestDisk => {
    const found = disks[index];
    if (found === undefined) throw new Error(`there is no disk ${index}`);
    return found;
  };
  beforeEach(() => laidOut(tools, vg, disks, count, inGroup));
  return disk;
}

/** Makes the disks, or makes those that are there anew, and the group. */
export async function laidOut(
  { lvm }: Tools,
  vg: string,
  disks: TestDisk[],
  count: number,
  inGroup: number,
): Promise<void> {
  const isFirst = disks.length === 0;
  while (disks.length < count) disks.push(await testDisk(`${vg}${disks.length}`, 64));
  for (const one of disks) await one.heal();
  const found = await lvm.vgs({ select: `vg_name=${vg}` });
  if (found.length > 0) await run('vgremove', ['--force', '--force', '--yes', vg]);
  for (const one of disks) await wipe(one.path);
  const paths = disks.slice(0, inGroup).map(({ path }) => path);
  await run('vgcreate', ['--physicalextentsize', '1m', vg, ...paths]);
  // Removes what a test has left, also after its group has lost a disk.
  if (isFirst)
    later(async () => {
      for (const one of disks) await one.heal();
      await run('vgremove', ['--force', '--force', '--yes', vg]).catch(() => undefined);
    });
}

/** From now on every I/O fails but in the first MiB, where lvm's label and metadata are. */
export async function failData({ name, backing }: TestDisk): Promise<void> {
  await replaceTable(name, `0 2048 linear ${backing.device} 2048\n2048 ${63 * 2048} error`);
}

/** From now on every write fails but in the first MiB; what is there can be read. */
export async function failWrites({ name, backing }: TestDisk): Promise<void> {
  const flakey = `flakey ${backing.device} 4096 0 1 1 error_writes`;
  await replaceTable(name, `0 2048 linear ${backing.device} 2048\n2048 ${63 * 2048} ${flakey}`);
}

/** Makes every I/O of a disk fail before it returns, for callers that cannot wait. */
export function failNow({ name }: TestDisk): void {
  execFileSync('dmsetup', ['load', name, '--table', `0 ${64 * 2048} error`]);
  execFileSync('dmsetup', ['suspend', '--noflush', '--nolockfs', name]);
  execFileSync('dmsetup', ['resume', name]);
}

/** Reads a volume and writes the same back, past the cache. */
export async function rewrite(volume: string): Promise<void> {
  const path = devicePath(volume);
  await run('dd', [`if=${path}`, `of=${path}`, 'bs=1M', 'iflag=direct', 'oflag=direct', 'status=none']);
}

/** The error of a workflow that has to fail. */
export async function refusalOf(promise: Promise<unknown>): Promise<WorkflowError> {
  const value: unknown = await promise.catch((error: unknown) => error);
  if (value instanceof WorkflowError) return value;
  throw value instanceof Error ? value : new Error('it did not fail');
}

/** Overwrites the first MiB of a disk: lvm's label and metadata, as the guides do it. */
export async function wipe(path: string): Promise<void> {
  await run('dd', ['if=/dev/zero', `of=${path}`, 'bs=1M', 'count=1', 'conv=fsync', 'status=none']);
}

/** SHA-256 of all that is on a volume, read past no cache but its own. */
export async function checksum(volume: string): Promise<string> {
  const path = devicePath(volume);
  await run('blockdev', ['--flushbufs', path]);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Fills a volume with so many MiB of random bytes, of which no two blocks are the same by chance, and gives its checksum. */
export async function scribbled(volume: string, mebibytes: number): Promise<string> {
  const to = [`of=${devicePath(volume)}`, 'bs=1M', `count=${mebibytes}`, 'oflag=direct', 'status=none'];
  await run('dd', ['if=/dev/urandom', ...to]);
  return checksum(volume);
}

/** The node of a volume, `vg/lv`; without udev only that one is there for certain. */
export function devicePath(volume: string): string {
  return `/dev/mapper/${volume.replaceAll('-', '--').replace('/', '-')}`;
}

/** Makes a volume of so many MiB, waits until the kernel says so of it, fills it, and gives its checksum. */
export async function filled(
  volume: string,
  mebibytes: number,
  inSync: RegExp | null,
  ...args: readonly string[]
): Promise<string> {
  const [vg = '', lv = ''] = volume.split('/');
  const [layout, devices] = split(args);
  await made(...layout, '-L', `${mebibytes}m`, '-n', lv, vg, ...devices);
  if (inSync !== null) await until(volume, inSync);
  await write(devicePath(volume), 0, mebibytes * 2 ** 20, lv.length + 0x30);
  return checksum(volume);
}

/** The same of a dm-mirror of 4 MiB with two copies and a log, on these disks in this order. */
export function filledMirror(volume: string, ...devices: readonly string[]): Promise<string> {
  return filled(volume, 4, mirrorInSync, '--type', 'mirror', '-m1', ...devices);
}

function split(args: readonly string[]): readonly [readonly string[], readonly string[]] {
  const first = args.findIndex((word) => word.startsWith('/dev/'));
  return first < 0 ? [args, []] : [args.slice(0, first), args.slice(first)];
}

/** That the kernel has all copies of a dm-mirror, and of a raid1, in sync. */
export const mirrorInSync = /(\d+)\/\1 1 A+ /;
export const raidInSync = /raid\S+ \d A+ (\d+)\/\1 idle /;

/** The disks that an LV's parts are on, in lvm's words: `lv_mimage_0 /dev/sda(0)` a line. */
export async function layoutOf(vg: string): Promise<readonly string[]> {
  const columns = ['--all', '--noheadings', '--separator', ' ', '-o', 'lv_name,devices'];
  const { stdout } = await run('lvs', [...columns, vg]);
  return stdout
    .split('\n')
    .map((line) => line.trim().replace(/[[\]]/g, ''))
    .filter((line) => line.includes('/dev/') || line.includes('unknown'))
    .sort();
}
