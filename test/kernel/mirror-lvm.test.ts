import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { sameAsDmsetup, sameAsLvs, statusOf } from './support/compare.ts';
import { type TestDisk, testDisk } from './support/disks.ts';
import { loopDisk, run, volumeGroup } from './support/lab.ts';
import { until } from './support/moment.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());

describe.each([
  { vg: 'mirror4m', extentSize: '4m', extentSectors: 8192, log: 'disk', regionSize: '512k' },
  { vg: 'mirror1m', extentSize: '1m', extentSectors: 2048, log: 'core', regionSize: '256k' },
])('an LVM mirror with a $log log and extents of $extentSize', (lab) => {
  const { vg, extentSize, extentSectors } = lab;
  const device = `${vg}/lv`;
  let slow: TestDisk;

  beforeAll(async () => {
    slow = await testDisk(`${vg}-slow`, 48);
    await slow.slow(250);
    await volumeGroup(vg, [await loopDisk(48), slowDisk(slow), await loopDisk(16)], { extentSize });
    await run('lvcreate', [
      ...['--yes', '--type', 'mirror', '--mirrors', '1', '--mirrorlog', lab.log, '--size', '24m'],
      ...['--regionsize', lab.regionSize, '--name', 'lv', vg],
    ]);
  });

  const status = () => statusOf(dm, device, 'mirror', { extentSectors });

  it('shows how far it is in sync in the text that lvs shows, while it copies', async () => {
    await until(status, ({ sync }) => Number(sync.used) >= 5);
    const seen = await sameAsLvs(device, ['copy_percent'], async () => [(await status()).sync.percent]);
    expect(Number(seen[0])).toBeGreaterThan(0);
    expect(Number(seen[0])).toBeLessThan(100);
    const { sync } = await status();
    expect(sync.used).toBeLessThan(Number(sync.total));
  });

  it('is shown in whole extents, as lvs does, so the percentage can be below that of the regions', async () => {
    const { sync } = await until(
      status,
      ({ sync: { ratio, used, total } }) => ratio < Number(used) / Number(total),
    );
    const extents = (24 * 2048) / extentSectors;
    expect(sync.ratio * extents).toBeCloseTo(
      Math.floor(extents * (Number(sync.used) / Number(sync.total))),
      9,
    );
  });

  it('says 100.00 when the copy is done, and answers as dmsetup does', async () => {
    await slow.heal();
    const done = await until(status, ({ sync }) => sync.ratio === 1);
    expect(done.legs.map(({ health }) => health)).toEqual(['alive', 'alive']);
    expect(done.log.kind).toBe(lab.log);
    await sameAsLvs(device, ['copy_percent'], async () => [(await status()).sync.percent]);
    const { table } = await sameAsDmsetup(dm, `${vg}-lv`);
    expect(table).toMatchObject([{ type: 'mirror', logType: lab.log, features: ['handle_errors'] }]);
    for (const leg of ['lv_mimage_0', 'lv_mimage_1']) await sameAsDmsetup(dm, `${vg}-${leg}`);
  });
});

function slowDisk({ path, device, remove }: TestDisk) {
  return { path, device, remove };
}
