import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  mountArguments,
  removeDirectory,
  temporaryDirectory,
} from '../../../../lib/workflows/system/mounting.ts';

describe('mountArguments', () => {
  it('is a command line of mount', () => {
    expect(mountArguments('/dev/vg/lv', '/mnt', ['ro', 'noload'], 'ext4')).toEqual([
      ...['mount', '-t', 'ext4', '-o', 'ro,noload', '--', '/dev/vg/lv', '/mnt'],
    ]);
    expect(mountArguments('/dev/vg/lv', '/mnt', [])).toEqual(['mount', '--', '/dev/vg/lv', '/mnt']);
  });

  it('takes nothing that mount would take for something else', () => {
    expect(() => mountArguments('LABEL=x', '/mnt', [])).toThrow(TypeError);
    expect(() => mountArguments('/dev/vg/lv', 'mnt', [])).toThrow(TypeError);
    expect(() => mountArguments('/dev/vg/lv', '/mnt', ['ro,suid'])).toThrow(TypeError);
    expect(() => mountArguments('/dev/vg/lv', '/mnt', [''])).toThrow(TypeError);
    expect(() => mountArguments('/dev/vg/lv', '/mnt', [], 'ext4,xfs')).toThrow(TypeError);
  });

  it('keeps device and directory the last two words, behind the end of options, whatever they are', () => {
    const path = fc.string({ unit: fc.constantFrom(...'a- \n/"\'$;é') }).map((text) => `/${text}`);
    fc.assert(
      fc.property(path, path, fc.array(fc.stringMatching(/^[a-z=-]{1,9}$/)), (device, directory, options) => {
        const argv = mountArguments(device, directory, options);
        expect(argv.slice(-3)).toEqual(['--', device, directory]);
        expect(argv.filter((word) => word === '--' || word === device).length).toBeGreaterThanOrEqual(2);
        if (options.length > 0) expect(argv[2]).toBe(options.join(','));
      }),
    );
  });
});

describe('a directory to mount on', () => {
  const base = (): string => {
    const directory = mkdtempSync(join(tmpdir(), 'devmapper-test-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    return directory;
  };

  it('is new, and its owner alone can look into it', async () => {
    const [one, two] = [
      await temporaryDirectory(join(base(), 'own')),
      await temporaryDirectory(join(base(), 'own')),
    ];
    expect(one).not.toBe(two);
    expect(statSync(one).mode & 0o777).toBe(0o700);
    expect(statSync(join(one, '..')).mode & 0o777).toBe(0o700);
  });

  it('is elsewhere if its place is not ours to trust', async () => {
    const directory = base();
    mkdirSync(join(directory, 'other'), { mode: 0o700 });
    symlinkSync(join(directory, 'other'), join(directory, 'own'));
    const made = await temporaryDirectory(join(directory, 'own'));
    onTestFinished(() => rmSync(made, { recursive: true, force: true }));
    expect(made.startsWith(directory)).toBe(false);
  });

  it('is removed if it is empty, and not otherwise; twice is no error', async () => {
    const made = await temporaryDirectory(base());
    writeFileSync(join(made, 'file'), '');
    await expect(removeDirectory(made)).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    rmSync(join(made, 'file'));
    await removeDirectory(made);
    await removeDirectory(made);
    expect(existsSync(made)).toBe(false);
  });
});
