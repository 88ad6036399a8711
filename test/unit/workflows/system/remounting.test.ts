import { describe, expect, it } from 'vitest';
import { parseMountinfo } from '../../../../lib/workflows/system/mounts.ts';
import { remountAll, remountOptions } from '../../../../lib/workflows/system/remounting.ts';

describe('a mount that is made again', () => {
  const options = (own: string, shared: string) => {
    const [mount] = parseMountinfo(`1 0 8:1 / /a ${own} - ext4 /dev/sda1 ${shared}`);
    if (mount === undefined) throw new Error('that is no mount');
    return remountOptions(mount);
  };

  it('has the options that it had', () => {
    expect(options('rw,nodev,noatime', 'rw,seclabel,errors=remount-ro')).toEqual({
      made: ['rw', 'nodev', 'noatime', 'errors=remount-ro'],
      changed: null,
    });
    expect(options('ro,relatime', 'ro,noload')).toEqual({
      made: ['ro', 'relatime', 'noload'],
      changed: null,
    });
  });

  it('is made read-only afterwards if its file system is not', () => {
    expect(options('ro,nosuid,relatime', 'rw,errors=remount-ro')).toEqual({
      made: ['rw', 'nosuid', 'relatime', 'errors=remount-ro'],
      changed: ['remount', 'bind', 'ro', 'nosuid', 'relatime'],
    });
  });

  it('is read-only with its file system, whatever it said itself', () => {
    expect(options('rw,relatime', 'ro')).toEqual({ made: ['ro', 'relatime'], changed: null });
  });

  it('that fails keeps no other from being tried, and each is told of', async () => {
    const line = (target: string) => `1 0 8:1 / ${target} rw - ext4 /dev/sda1 rw`;
    const before = parseMountinfo(`${line('/a')}\n${line('/b')}`);
    expect(await remountAll('/dev/null', before)).toEqual([
      expect.stringMatching(/\/a\b/),
      expect.stringMatching(/\/b\b/),
    ]);
  });
});
