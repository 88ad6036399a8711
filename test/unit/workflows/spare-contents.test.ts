import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentsRefusal } from '../../../lib/workflows/replace/spare-contents.ts';
import { parseExport } from '../../../lib/workflows/system/blkid.ts';

const empty: Uint8Array = new Uint8Array(512);

// A sector with a table of MS-DOS whose first entry has this type and so many sectors.
function table(type: number, sectors: number): Uint8Array {
  const sector = Buffer.alloc(512);
  sector[450] = type;
  sector.writeUInt32LE(sectors, 458);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

function refusal(
  answer: string | 'several' | null,
  mayWipe: boolean,
  sector: Uint8Array = empty,
  names: readonly string[] = [],
): string | null {
  const found = answer === null || answer === 'several' ? answer : parseExport(answer);
  const partitions = names.map((name) => ({ name, number: '8:17' }));
  const why = contentsRefusal('/dev/sdb', { found, sector, partitions }, mayWipe);
  return why === null ? null : `${why.reason}: ${why.message}`;
}

describe('a disk that is to come into a group', () => {
  it('is taken if nothing is on it', () => {
    expect(refusal(null, false)).toBeNull();
    expect(refusal('DEVNAME=/dev/sdb', false)).toBeNull();
  });

  it.each([
    ['TYPE=ext4\nUSAGE=filesystem\nLABEL=photos', 'ext4 "photos"'],
    ['TYPE=swap\nUSAGE=other', 'swap'],
    ['TYPE=crypto_LUKS\nUSAGE=crypto', 'crypto_LUKS'],
    ['TYPE=LVM2_member\nUSAGE=raid', 'LVM2_member'],
    ['PTTYPE=dos\nPTUUID=12345678', 'an empty partition table (dos)'],
    ['several', 'more than one thing that blkid knows'],
  ])('is taken with leave to wipe it only if blkid says %j', (answer, words) => {
    expect(refusal(answer, false)).toBe(`needs-consent: /dev/sdb holds ${words}`);
    expect(refusal(answer, true)).toBeNull();
  });

  it.each([true, false])('is not taken while lvm refuses it, whether it may be wiped (%s) or not', (may) => {
    const dos = table(0x83, 2048);
    expect(refusal('PTTYPE=dos', may, dos)).toMatch(/^unsafe: \/dev\/sdb has a partition table \(dos\)/);
    expect(refusal('PTTYPE=gpt', may, table(0xee, 131071))).toMatch(/has a partition table \(gpt\)/);
    expect(refusal('several', may, dos)).toMatch(/has a partition table:/);
    expect(refusal('PTTYPE=sun', may, empty, ['sdb1', 'sdb2'])).toMatch(/has partitions: sdb1, sdb2/);
    expect(refusal('TYPE=linux_raid_member\nUSAGE=raid', may)).toMatch(/is a member of an array/);
  });

  it('is not said to have partitions for a boot sector that is no table, nor for a table without entries', () => {
    const boot = table(0x83, 2048);
    boot[446] = 0x33;
    expect(refusal(null, true, boot)).toBeNull();
    expect(refusal('PTTYPE=dos', true, table(0x83, 0))).toBeNull();
  });

  it('can begin with anything, or be too short for a sector', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), fc.string(), (sector, answer) => {
        expect(refusal(answer, false, sector) ?? 'unsafe').toMatch(/^(?:unsafe|needs-consent)/);
      }),
    );
  });
});
