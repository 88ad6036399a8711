import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { copyVolume } from '../../lib/workflows/index.ts';
import { run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { cleared, mountedAt, splitGroup } from './support/split.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const tools = { dm, lvm: openLvm({ dm }) };
const vg = 'cl';
const source = `${vg}/o`;
const size = 256 * 1024;
let directory = '';
let place = '';

beforeAll(async () => {
  await splitGroup(vg, 1, 96);
  directory = await mkdtemp(join(tmpdir(), 'copy-live-'));
  await run('lvcreate', ['--yes', '--wipesignatures', 'y', '--size', '32m', '--name', 'o', vg]);
  await run('mkfs.ext4', ['-q', '-b', '4096', `/dev/${source}`]);
  place = await mountedAt(`/dev/${source}`);
});
afterAll(() => rm(directory, { recursive: true, force: true }));
afterAll(() => cleared(vg));
afterEach(() => rm(join(directory, 'o.img')));

// The same blocks of the file get other bytes.
async function overwrite(path: string, byte: number, sync: boolean): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(size, byte), 0, size, 0);
  if (sync) await file.sync();
  await file.close();
}

async function copied(): Promise<Buffer> {
  await copyVolume(tools, { source, to: join(directory, 'o.img'), live: true, overwrite: true });
  return readFile(join(directory, 'o.img'));
}

describe('a second copy of a volume that stays mounted', () => {
  it('has what was written since the first, not what that has left in memory', async () => {
    const file = join(place, 'file');
    await writeFile(file, Buffer.alloc(size, 0x41));
    await overwrite(file, 0x41, true);
    expect((await copied()).includes(Buffer.alloc(size, 0x41))).toBe(true);
    await overwrite(file, 0x42, true);
    const second = await copied();
    expect(second.includes(Buffer.alloc(size, 0x42))).toBe(true);
    expect(second.includes(Buffer.alloc(4096, 0x41))).toBe(false);
  });

  it('has what the file system had only in memory when it was called', async () => {
    const file = join(place, 'late');
    await writeFile(file, Buffer.alloc(size, 0x43));
    expect((await copied()).includes(Buffer.alloc(size, 0x43))).toBe(true);
  });
});
