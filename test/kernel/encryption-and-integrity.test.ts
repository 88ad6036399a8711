import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeviceMapper, summarize } from '../../lib/index.ts';
import { sameAsDmsetup, sameAsLvs, statusOf } from './support/compare.ts';
import { readDirect, write } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { dmCreate, dmRemove, type LoopDisk, loopDisk, run, volumeGroup } from './support/lab.ts';
import { until } from './support/moment.ts';

const dm = DeviceMapper.open();
let disk: LoopDisk;
beforeAll(async () => {
  disk = await loopDisk(32);
});
beforeEach(() => write(disk.path, 0, 65_536, 0));
afterAll(() => dm.close());

/** All that this package answers of a device, as text. */
async function everything(name: string): Promise<string> {
  const answers = await Promise.all([
    ...[dm.status(name), dm.table(name), dm.info(name), dm.status(), dm.table(), dm.devices()],
    ...[dm.dependencies(name), dm.targets()],
  ]);
  return JSON.stringify([...answers, dm.statusSync(name)], (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

describe('crypt', () => {
  const key = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'.repeat(2);

  it('answers as dmsetup does, and the key is in no answer', async () => {
    await dmCreate('lab-crypt', `0 2048 crypt aes-xts-plain64 ${key} 0 ${disk.device} 8 1 allow_discards`);
    expect(await dmsetup('table', '--showkeys', 'lab-crypt')).toContain(key);
    const { table } = await sameAsDmsetup(dm, 'lab-crypt');
    expect(table).toMatchObject([
      {
        type: 'crypt',
        cipher: 'aes-xts-plain64',
        key: { kind: 'raw', hexDigits: 64 },
        options: ['allow_discards'],
      },
    ]);
    const answers = await everything('lab-crypt');
    expect(answers).toContain('0'.repeat(64));
    expect(answers.toLowerCase()).not.toContain(key.slice(0, 8));
    await dmRemove('lab-crypt');
  });

  it('without a key says so', async () => {
    await dmCreate('lab-null', `0 2048 crypt cipher_null-ecb - 0 ${disk.device} 0`);
    // dmsetup would show 0 for the absent key unless it is asked to show keys.
    const shown = await dmsetup('table', '--showkeys', 'lab-null');
    const { segments } = await dm.table('lab-null');
    expect(segments).toMatchObject([{ table: { type: 'crypt', key: { kind: 'none' } } }]);
    expect(shown.trim()).toBe(`0 2048 crypt ${segments[0]?.table.params}`);
    await dmRemove('lab-null');
  });
});

describe('integrity', () => {
  const keys = ['5ec1e700aabbccdd', '0ddba11fee1900d5'] as const;
  const hashes = `internal_hash:hmac(sha256):${keys[0]} journal_mac:hmac(sha256):${keys[1]}`;
  const format = async (table: string) => {
    // dm-integrity formats what starts with zeros; only a device of one sector fits before its size is known.
    await dmCreate('lab-integrity', `0 1 integrity ${disk.device} ${table}`);
    const now = await statusOf(dm, 'lab-integrity', 'integrity');
    await dmRemove('lab-integrity');
    await dmCreate('lab-integrity', `0 ${now.providedDataSectors} integrity ${disk.device} ${table}`);
  };

  it('counts mismatches as dmsetup does, and its keys are in no answer', async () => {
    await format(`0 - D 2 ${hashes}`);
    await write('/dev/mapper/lab-integrity', 0, 65_536);
    const whole = await sameAsDmsetup(dm, 'lab-integrity');
    expect(whole.status).toMatchObject([{ mismatches: 0, recalcSector: null }]);
    expect(whole.status.map(summarize)).toEqual([{ health: 'ok', text: '' }]);
    expect(whole.table).toMatchObject([{ type: 'integrity', mode: 'D', tagBytes: 32 }]);
    const answers = await everything('lab-integrity');
    expect(answers).toContain('internal_hash:hmac(sha256):0000000000000000');
    for (const key of keys) expect(answers).not.toContain(key);

    // The data lies behind superblock, journal and the first tags: all of the disk but its superblock is spoilt.
    await write(disk.path, 65_536, 8 * 1024 * 1024, 0xff);
    await expect(readDirect('/dev/mapper/lab-integrity', 0, 4)).rejects.toThrow();
    const spoilt = await sameAsDmsetup(dm, 'lab-integrity');
    expect(spoilt.status.map(summarize)).toMatchObject([{ health: 'warning' }]);
    expect(spoilt.status[0]).not.toMatchObject({ mismatches: 0 });
    await dmRemove('lab-integrity');
  });

  it('recalculates and says how far it is', async () => {
    await format('0 - J 2 internal_hash:crc32c recalculate');
    await until(
      () => statusOf(dm, 'lab-integrity', 'integrity'),
      (now) => now.recalc?.ratio === 1 || now.recalcSector === null,
    );
    await sameAsDmsetup(dm, 'lab-integrity');
    await dmRemove('lab-integrity');
  });

  it('below a raid1 of LVM shows the percentage of lvs on each image', async () => {
    const vg = 'raidint';
    await volumeGroup(vg, [await loopDisk(32), await loopDisk(32)], { extentSize: '1m' });
    await run('lvcreate', [
      ...['--yes', '--type', 'raid1', '--mirrors', '1', '--raidintegrity', 'y', '--size', '8m'],
      ...['--name', 'lv', vg],
    ]);
    await until(
      () => statusOf(dm, `${vg}/lv_rimage_0`, 'integrity'),
      (now) => now.recalc === null || now.recalc.ratio === 1,
    );
    for (const image of ['lv_rimage_0', 'lv_rimage_1']) {
      await sameAsDmsetup(dm, `${vg}-${image}`);
      await sameAsLvs(`${vg}/${image}`, ['copy_percent', 'integritymismatches'], async () => {
        const { recalc, mismatches } = await statusOf(dm, `${vg}/${image}`, 'integrity');
        return [recalc?.percent ?? '', String(mismatches)];
      });
    }
    for (const layer of ['lv_rimage_0_iorig', 'lv_rimage_0_imeta', 'lv'])
      await sameAsDmsetup(dm, `${vg}-${layer}`);
  });
});
