import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Mount, mounts, parseMountinfo, selectMounts } from '../../../../lib/workflows/system/mounts.ts';

const line = '36 35 254:3 / /srv rw,noatime shared:7 master:1 - ext4 /dev/mapper/vg-lv rw,errors=remount-ro';

describe('parseMountinfo', () => {
  it('reads a line of the kernel', () => {
    expect(parseMountinfo(`${line}\n`)).toEqual([
      {
        target: '/srv',
        source: '/dev/mapper/vg-lv',
        type: 'ext4',
        device: '254:3',
        options: ['rw', 'noatime', 'errors=remount-ro'],
        root: '/',
        filesystem: 'rw',
      },
    ]);
  });

  it('reads a line without optional fields, and one whose target is a hyphen', () => {
    expect(parseMountinfo('1 0 0:2 / - ro - tmpfs - rw')).toEqual([
      {
        target: '-',
        source: '-',
        type: 'tmpfs',
        device: '0:2',
        options: ['ro'],
        root: '/',
        filesystem: 'rw',
      },
    ]);
  });

  it('says ro if the mount or its file system is', () => {
    const options = (own: string, shared: string): readonly string[] | undefined =>
      parseMountinfo(`1 0 8:1 / /a ${own} - ext4 /dev/sda1 ${shared}`)[0]?.options;
    expect(options('ro,nosuid', 'rw')).toEqual(['ro', 'nosuid']);
    expect(options('rw', 'ro')).toEqual(['ro']);
    expect(options('rw', 'rw')).toEqual(['rw']);
  });

  it('says apart whether the file system is, which holds for its mounts in all namespaces', () => {
    const filesystem = (own: string, shared: string): string | undefined =>
      parseMountinfo(`1 0 8:1 / /a ${own} - ext4 /dev/sda1 ${shared}`)[0]?.filesystem;
    expect(filesystem('ro,nosuid', 'rw,errors=remount-ro')).toBe('rw');
    expect(filesystem('ro', 'ro,noload')).toBe('ro');
  });

  it('gives back every path and option that the kernel can have written', () => {
    const text = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...' \t\n\\#-aé/,0') });
    fc.assert(
      fc.property(text, text, text, (target, source, root) => {
        const fields = [
          '5',
          '1',
          '7:1',
          escaped(root),
          escaped(target),
          'rw',
          '-',
          'ext4',
          escaped(source),
          'ro',
        ];
        expect(parseMountinfo(`${fields.join(' ')}\n${line}`)).toMatchObject([
          { target, source, root, device: '7:1' },
          { target: '/srv' },
        ]);
      }),
    );
  });

  it('takes any text, and gives no more mounts than it has lines', () => {
    const word = fc.oneof(fc.constantFrom('-', '8:1', '/', 'rw', '\\040', '\\9', '\n', ' '), fc.string());
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const text = words.join(' ');
        expect(parseMountinfo(text).length).toBeLessThanOrEqual(text.split('\n').length);
      }),
    );
  });
});

it('reads the mounts of this process, the root among them', async () => {
  expect((await mounts()).map(({ target }) => target)).toContain('/');
});

describe('selectMounts', () => {
  const mount = (device: string, source: string, type = 'ext4'): Mount => ({
    ...{ target: '/a', source, type, device, options: ['rw'], root: '/' },
  });

  it('finds by number, whatever the source was', async () => {
    const all = [mount('8:1', '/dev/nowhere'), mount('8:2', '/dev/sda1')];
    expect(await selectMounts(all, '8:1')).toEqual([all[0]]);
  });

  it('takes a source only of a file system with an anonymous number, and if it is a block device', async () => {
    const all = [mount('0:40', '/dev/null', 'btrfs'), mount('0:41', 'tmpfs', 'tmpfs')];
    expect(await selectMounts(all, '1:3')).toEqual([]);
  });

  it('does not fail for a btrfs in sysfs whose devices cannot be read', async () => {
    const sys = mkdtempSync(join(tmpdir(), 'devmapper-sys-'));
    onTestFinished(() => rmSync(sys, { recursive: true }));
    mkdirSync(join(sys, 'fs/btrfs/features'), { recursive: true });
    mkdirSync(join(sys, 'fs/btrfs/uuid/devices/dm-1'), { recursive: true });
    mkdirSync(join(sys, 'fs/btrfs/uuid/devices/dm-2'));
    writeFileSync(join(sys, 'fs/btrfs/uuid/devices/dm-2/dev'), '254:2\n');
    const all = [mount('0:40', '/dev/nowhere', 'btrfs')];
    expect(await selectMounts(all, '254:2', sys)).toEqual([]);
  });
});

// fs/proc_namespace.c and fs/seq_file.c, mangle().
function escaped(text: string): string {
  return text.replace(/[ \t\n\\#]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
