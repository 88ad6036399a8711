import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { diskNames } from '../../../lib/exporter/backing.ts';

it('a disk is named as sysfs names it, and by its number if that does not know it', () => {
  const root = mkdtempSync(join(tmpdir(), 'devmapper-sysfs-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const blocks = join(root, 'dev/block');
  mkdirSync(blocks, { recursive: true });
  symlinkSync('../../devices/pci/block/sdb/sdb1', join(blocks, '8:17'));
  symlinkSync('../../devices/pci/block/cciss!c0d0', join(blocks, '104:0'));
  const names = diskNames(root);
  expect(['8:17', '104:0', '8:99', '../../../etc', ''].map(names.of)).toEqual([
    ...['sdb1', 'cciss/c0d0', '8:99', '../../../etc', ''],
  ]);
  symlinkSync('../../devices/pci/block/sdz', join(blocks, '8:99'));
  expect(names.of('8:99')).toBe('8:99');
  names.forget();
  expect(names.of('8:99')).toBe('sdz');
});
