import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceNumber, numberText } from '../../../../lib/workflows/system/device-number.ts';

describe('a device number', () => {
  it('is taken apart as glibc puts it together, for every major and minor', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 32 - 1 }), fc.nat({ max: 2 ** 32 - 1 }), (major, minor) => {
        const [M, m] = [BigInt(major), BigInt(minor)];
        // gnu_dev_makedev, bits/sysmacros.h.
        const rdev =
          ((M & 0xfffn) << 8n) | ((M & 0xfffff000n) << 32n) | (m & 0xffn) | ((m & 0xffffff00n) << 12n);
        expect(numberText(rdev)).toBe(`${major}:${minor}`);
      }),
    );
  });

  it('is itself', async () => expect(await deviceNumber('254:12')).toBe('254:12'));

  it('is refused of what is no block device', async () => {
    await expect(deviceNumber('/dev/null')).rejects.toMatchObject({ code: 'ENOTBLK', path: '/dev/null' });
    await expect(deviceNumber('/dev/nowhere')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
