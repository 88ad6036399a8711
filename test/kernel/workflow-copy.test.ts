import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { copyVolume, type WorkflowProgress } from '../../lib/workflows/index.ts';
import { write } from './support/disks.ts';
import { formatted } from './support/filesystems.ts';
import { loopDisk, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { cleared, mountedAt, splitGroup, sumOf } from './support/split.ts';
import { callApart } from './support/workflow-kill.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const tools = { dm, lvm: openLvm({ dm }) };
const vg = 'cv';
const source = `${vg}/o`;
const mebibyte = 1024 * 1024;
let directory = '';

beforeAll(async () => {
  await splitGroup(vg, 1, 160);
  directory = await mkdtemp(join(tmpdir(), 'copy-test-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

// A volume of 12 MiB: 4 of data, 6 of zeros, 2 of data.
beforeEach(async () => {
  await run('lvcreate', ['--yes', '--wipesignatures', 'n', '--size', '12m', '--name', 'o', vg]);
  await write(`/dev/${source}`, 0, 12 * mebibyte, 0);
  await write(`/dev/${source}`, 0, 4 * mebibyte, 0x11);
  await write(`/dev/${source}`, 10 * mebibyte, 2 * mebibyte, 0x22);
});

afterEach(async () => {
  await cleared(vg);
  for (const name of await readdir(directory)) await rm(join(directory, name));
});

describe('a copy of a volume', () => {
  it('to a file has all of it, zeros as holes, its checksum, and a name only when it is whole', async () => {
    const to = join(directory, 'o.img');
    const told: WorkflowProgress[] = [];
    const options = { source, to, verify: true, blockSize: '256KiB' } as const;
    const done = await copyVolume(tools, { ...options, onProgress: (one) => told.push(one) });
    const checksum = await sumOf(`/dev/${source}`);
    expect(done).toMatchObject({ outcome: 'done', source, to, bytes: 12 * mebibyte, checksum });
    expect(done.holes).toBe(6 * mebibyte);
    expect(await sumOf(to)).toBe(checksum);
    const { size, blocks, mode } = await stat(to);
    expect({ size, mode: mode & 0o777 }).toEqual({ size: 12 * mebibyte, mode: 0o600 });
    expect(blocks * 512).toBeLessThan(7 * mebibyte);
    expect(await readdir(directory)).toEqual(['o.img']);
    const ratios = told.flatMap((one) => (one.kind === 'step-progressed' ? [one.ratio] : []));
    expect(ratios).toContain(1);
    await expect(copyVolume(tools, { source, to })).rejects.toMatchObject({ reason: 'needs-consent' });
    expect(await copyVolume(tools, { source, to, overwrite: true, sparse: false })).toMatchObject({
      holes: 0,
      checksum,
    });
  });

  it('to a device takes an empty one, and one that holds something with consent only', async () => {
    const empty = await loopDisk(13);
    const done = await copyVolume(tools, { source, to: empty.path, verify: true });
    expect(done.warnings).toEqual([expect.stringMatching(/1048576 bytes larger/)]);
    // Not toEqual: it takes the bytes one by one.
    const bytes = (await readFile(empty.path)).subarray(0, 12 * mebibyte);
    expect(bytes.equals(await readFile(`/dev/${source}`))).toBe(true);
    const used = await formatted();
    const refused = (to: string) => expect(copyVolume(tools, { source, to })).rejects;
    await refused(used.path).toMatchObject({ reason: 'not-enough-space' });
    await refused(empty.path).toMatchObject({ reason: 'needs-consent' });
    await run('mkfs.ext4', ['-q', empty.path]);
    await refused(empty.path).toMatchObject({ message: expect.stringMatching(/file system of type ext4/) });
    const place = await mountedAt(empty.path);
    await refused(empty.path).toMatchObject({
      ...{ reason: 'in-use', message: expect.stringContaining(`is mounted on ${place}`) },
    });
    await run('umount', [place]);
    expect(await copyVolume(tools, { source, to: empty.path, overwrite: true })).toMatchObject({
      checksum: done.checksum,
    });
  });

  it('goes neither to its own source, nor to a disk of a group, nor to what it is a snapshot of', async () => {
    await run('lvcreate', ['--snapshot', '--size', '4m', '--name', 's', source]);
    const refused = (from: string, to: string) =>
      expect(copyVolume(tools, { source: from, to, overwrite: true })).rejects;
    await refused(source, `/dev/mapper/${vg}-o`).toMatchObject({ reason: 'unsafe' });
    await refused(`${vg}/s`, `/dev/mapper/${vg}-o`).toMatchObject({ reason: 'unsafe' });
    await refused(source, `/dev/mapper/${vg}-o-real`).toMatchObject({ reason: /unsafe|in-use/ });
    await refused(source, `/dev/mapper/${vg}-disk0`).toMatchObject({ reason: 'in-use' });
    await refused(source, join(directory, 'none', 'file')).toMatchObject({ reason: 'not-found' });
    await writeFile(join(directory, 'mine.part'), 'of somebody else');
    await refused(source, join(directory, 'mine')).toMatchObject({ reason: 'foreign' });
  });

  it('of what is mounted needs a snapshot, an image that is split off, or consent', async () => {
    await run('mkfs.ext4', ['-q', `/dev/${source}`]);
    const place = await mountedAt(`/dev/${source}`);
    const to = join(directory, 'live.img');
    await expect(copyVolume(tools, { source, to })).rejects.toMatchObject({
      ...{ reason: 'in-use', message: expect.stringContaining(place) },
    });
    const { warnings } = await copyVolume(tools, { source, to, live: true });
    expect(warnings.join(' ')).toMatch(/of no one moment/);
    await run('lvcreate', ['--snapshot', '--size', '4m', '--name', 's', source]);
    const from = `${vg}/s`;
    expect(await copyVolume(tools, { source: from, to, overwrite: true })).toMatchObject({
      checksum: await sumOf(`/dev/${from}`),
    });
  });

  it('of a snapshot that overflows meanwhile fails, though the page cache lets it be read to its end', async () => {
    await run('lvcreate', ['--snapshot', '--size', '4m', '--name', 's', source]);
    const to = join(directory, 'lost.img');
    let overflowed = false;
    const copying = copyVolume(tools, {
      ...{ source: `${vg}/s`, to, bytesPerSecond: '4MiB' },
      onProgress: ({ kind }) => {
        if (kind !== 'step-progressed' || overflowed) return;
        overflowed = true;
        void write(`/dev/${source}`, 0, 8 * mebibyte, 0x33);
      },
    });
    await expect(copying).rejects.toMatchObject({ reason: 'overflowed', step: 'copy', left: [] });
    expect(await readdir(directory)).toEqual([]);
    await expect(copyVolume(tools, { source: `${vg}/s`, to })).rejects.toMatchObject({
      ...{ reason: 'overflowed', step: null },
    });
  });

  it('that is aborted leaves nothing, as slow as it was told to be', async () => {
    const controller = new AbortController();
    const copying = copyVolume(tools, {
      ...{ source, to: join(directory, 'a.img'), bytesPerSecond: '1MiB', signal: controller.signal },
      onProgress: ({ kind }) => {
        if (kind === 'step-progressed') controller.abort();
      },
    });
    await expect(copying).rejects.toMatchObject({ reason: 'aborted', left: [] });
    expect(await readdir(directory)).toEqual([]);
  });

  it('that is killed leaves a part, over which the next call copies', async () => {
    const to = join(directory, 'k.img');
    const call = { workflow: 'copyVolume', options: { source, to, verify: true } };
    for (const kill of [
      { step: 'copy', moment: 'during' },
      { step: 'verify', moment: 'before' },
      { step: 'publish', moment: 'before' },
    ] as const) {
      const slow = kill.step === 'copy' ? { bytesPerSecond: '1MiB' } : {};
      const killed = await callApart({ ...call, options: { ...call.options, ...slow } }, kill);
      expect(killed.killed).toBe(true);
      expect(await readdir(directory)).toEqual(['k.img.part']);
    }
    const second = await callApart(call);
    expect(second.end).toMatchObject({ kind: 'result', outcome: 'done' });
    expect(await readdir(directory)).toEqual(['k.img']);
    expect(await sumOf(to)).toBe(await sumOf(`/dev/${source}`));
  });
});
