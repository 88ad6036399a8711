import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { later, loopDisk, run, volumeGroup } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';

const vg = 'many';
const count = 500;
const lvm = openLvm();
const dm = DeviceMapper.open();
afterAll(() => dm.close());

describe(`a group of ${count} volumes`, () => {
  beforeAll(async () => {
    // Room for the description of so many.
    const disk = await loopDisk(64);
    await run('pvcreate', ['--metadatasize', '4m', disk.path]);
    await volumeGroup(vg, [disk], { extentSize: '64k' });
    await lvm.lvcreate.linear(`${vg}/v0`, {
      size: { extents: 1 },
      activate: 'n',
      zero: false,
      wipeSignatures: false,
    });
    await multiply();
  });

  it('is reported whole, each volume with its segment and its extent', async () => {
    const [volumes, segments] = await Promise.all([
      lvm.lvs({ select: `vg_name = ${vg}` }),
      lvm.segs({ select: `vg_name = ${vg}` }),
    ]);
    expect(new Set(volumes.map(({ name }) => name)).size).toBe(count);
    expect(new Set(segments.map(({ peRanges: [range] }) => range?.first)).size).toBe(count);
    const { groups } = await lvm.fullreport({ targets: [vg] });
    expect(groups[0]?.lvs).toHaveLength(count);
    expect(groups[0]?.vg.lvCount).toBe(count);
  });

  it('is changed one volume at a time, and each result tells of that one', async () => {
    const made = await lvm.lvcreate.linear(`${vg}/one`, { size: { extents: 2 }, wipeSignatures: true });
    expect(made.volume).toMatchObject({ name: 'one', size: 128n << 10n, active: true });
    const removed = await lvm.lvremove(`${vg}/one`);
    expect(removed.changed).toBe(true);
  });

  it('is activated as a whole, and every volume is joined with its own status', async () => {
    await lvm.vgchange.activate(vg);
    const volumes = await lvm.volumes(dm, { targets: [vg] });
    expect(volumes).toHaveLength(count);
    for (const { lv, status } of volumes) expect(status?.name).toBe(`${vg}-${lv.name}`);
    await lvm.vgchange.deactivate(vg);
    expect((await dm.devices()).filter(({ name }) => name.startsWith(`${vg}-`))).toEqual([]);
  });
});

// Writes the one volume's description down 499 times more, instead of running lvcreate as often.
async function multiply(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'devmapper-many-'));
  later(() => rm(directory, { recursive: true }));
  const file = join(directory, 'metadata');
  await lvm.vgcfgbackup(vg, { file });
  const text = await readFile(file, 'utf8');
  const [, volume = ''] = /\n(\t\tv0 \{\n[\s\S]*?\n\t\t\}\n)/.exec(text) ?? [];
  const copies = Array.from({ length: count - 1 }, (_, index) => {
    const number = String(index + 1);
    return volume
      .replace('\t\tv0 {', `\t\tv${number} {`)
      .replace(/id = "[^"]*/, `id = "mAny00-0000-0000-0000-0000-0000-00${number.padStart(4, '0')}`)
      .replace(/"pv0", 0/, `"pv0", ${number}`);
  });
  expect(volume).not.toBe('');
  await writeFile(file, text.replace(volume, [volume, ...copies].join('\n')));
  await lvm.vgcfgrestore.restore(vg, { file });
}
