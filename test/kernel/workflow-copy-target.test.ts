import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { copyVolume } from '../../lib/workflows/index.ts';
import { kernel } from './support/conversions.ts';
import { write } from './support/disks.ts';
import { loopDisk, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { cleared, mirrored, splitGroup, sumOf } from './support/split.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const tools = { dm, lvm: openLvm({ dm }) };
const vg = 'ct';
const source = `${vg}/o`;
const to = `/dev/${vg}/old`;
const mebibyte = 1024 * 1024;

beforeAll(() => splitGroup(vg, 2, 96));

// A source and a target of 12 MiB each.
beforeEach(async () => {
  for (const name of ['o', 'old']) {
    await run('lvcreate', ['--yes', '--wipesignatures', 'n', '--size', '12m', '--name', name, vg]);
    await write(`/dev/${vg}/${name}`, 0, 12 * mebibyte, name === 'o' ? 0x11 : 0x22);
  }
});

afterEach(() => cleared(vg));

describe('a copy onto a volume that has snapshots', () => {
  const snapshot = async (size: string, name = 'old_snap'): Promise<string> => {
    await run('lvcreate', ['--snapshot', ...size.split(' '), '--name', name, `${vg}/old`]);
    return `${vg}/${name}`;
  };

  it('is refused if that may overflow one that is not named, and done if it may', async () => {
    const name = await snapshot('--size 4m');
    const before = await sumOf(`/dev/${name}`);
    await expect(copyVolume(tools, { source, to, overwrite: true })).rejects.toMatchObject({
      ...{ reason: 'needs-consent', step: null },
      message: expect.stringMatching(new RegExp(`${name} has .* free, .*: allowOverflow \\["${name}"\\]`)),
    });
    expect(await sumOf(`/dev/${name}`)).toBe(before);
    expect(await kernel(name)).toMatch(/ \d+\/\d+ \d+$/);

    const done = await copyVolume(tools, { source, to, overwrite: true, allowOverflow: [name] });
    expect(done.plan.changes).toContain(`${name}, a snapshot of ${vg}/old, may overflow, and is lost then.`);
    expect(await sumOf(to)).toBe(done.checksum);
    expect(await kernel(name)).toMatch(/Invalid$/);
  });

  it('needs no leave for one that can hold all that was there', async () => {
    const names = [await snapshot('--size 14m', 'enough'), await snapshot('--extents 100%ORIGIN', 'full')];
    const before = await sumOf(to);
    await copyVolume(tools, { source, to, overwrite: true });
    for (const name of names) {
      expect(await kernel(name)).toMatch(/ \d+\/\d+ \d+$/);
      expect(await sumOf(`/dev/${name}`)).toBe(before);
    }
  });
});

describe('a copy onto an image that is split off a mirror and tracked', () => {
  it('is refused: the images would differ', async () => {
    const mirror = await mirrored(vg, 'm');
    await run('lvconvert', ['--yes', '--splitmirrors', '1', '--trackchanges', mirror]);
    const image = `/dev/mapper/${vg}-m_rimage_1`;
    await expect(copyVolume(tools, { source, to: image, overwrite: true })).rejects.toMatchObject({
      ...{ reason: 'unsafe', step: null, message: expect.stringContaining(`split off ${mirror}`) },
    });
  });
});

describe('a copy onto a thin volume', () => {
  it('is refused if its pool may run out of space, and takes what the volume has already', async () => {
    await run('lvcreate', ['--yes', '--type', 'thin-pool', '--size', '8m', '--name', 'p', vg]);
    await run('lvcreate', ['--virtualsize', '12m', '--thin', `${vg}/p`, '--name', 't']);
    const thin = `/dev/${vg}/t`;
    await expect(copyVolume(tools, { source, to: thin })).rejects.toMatchObject({
      ...{ reason: 'not-enough-space', step: null },
      message: expect.stringContaining(`${vg}/p, which has 8.00 MiB free`),
    });
    expect(await kernel(`${vg}/t`)).toMatch(/ thin 0 /);
    await run('lvextend', ['--size', '12m', `${vg}/p`]);
    const { checksum } = await copyVolume(tools, { source, to: thin });
    expect(await copyVolume(tools, { source, to: thin, overwrite: true })).toMatchObject({ checksum });
    expect(await sumOf(thin)).toBe(checksum);
  });
});

describe('a copy onto a device that somebody has open, though not for himself alone', () => {
  const refused = (path: string, message: RegExp, step: string | null = null) =>
    expect(copyVolume(tools, { source, to: path, overwrite: true })).rejects.toMatchObject({
      ...{ reason: 'in-use', step, message: expect.stringMatching(message), left: [] },
    });

  it('is refused: by a process', async () => {
    for (const path of [to, (await loopDisk(13)).path]) {
      const file = await open(path, 'r+');
      await refused(path, /is opened by process \d+/).finally(() => file.close());
      expect(await copyVolume(tools, { source, to: path, overwrite: true })).toMatchObject({
        outcome: 'done',
      });
    }
  });

  it('is refused: by a loop device', async () => {
    const { stdout } = await run('losetup', ['--find', '--show', to]);
    await refused(to, /is open; by whom cannot be seen/).finally(() =>
      run('losetup', ['--detach', stdout.trim()]),
    );
  });

  it('is refused: by a process that came after the plan', async () => {
    const before = await sumOf(to);
    let file: number | undefined;
    const copying = copyVolume(tools, {
      ...{ source, to, overwrite: true },
      onProgress: ({ kind }) => {
        if (kind === 'step-started') file ??= openSync(to, 'r+');
      },
    });
    onTestFinished(() => {
      if (file !== undefined) closeSync(file);
    });
    await expect(copying).rejects.toMatchObject({ reason: 'in-use', step: 'copy', left: [] });
    if (file !== undefined) closeSync(file);
    file = undefined;
    expect(await sumOf(to)).toBe(before);
  });
});
