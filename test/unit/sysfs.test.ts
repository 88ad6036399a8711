import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { devicesFromSysfs } from '../../lib/sysfs.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'devmapper-sysfs-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), `${text}\n`);
}

function putDevice(kernelName: string, name: string, uuid: string): void {
  put(`block/${kernelName}/dev`, '254:3');
  put(`block/${kernelName}/size`, '2048');
  put(`block/${kernelName}/dm/name`, name);
  put(`block/${kernelName}/dm/uuid`, uuid);
  put(`block/${kernelName}/dm/suspended`, '1');
}

describe('devices as sysfs shows them', () => {
  it('have name, uuid, number, size, suspension, and what they stand on', () => {
    putDevice('dm-3', 'vg-lv', 'LVM-x');
    put('block/sda/dev', '8:0');
    mkdirSync(join(root, 'block/dm-3/slaves'));
    symlinkSync('../../sda', join(root, 'block/dm-3/slaves/sda'));
    expect(devicesFromSysfs(root)).toEqual([
      {
        source: 'sysfs',
        name: 'vg-lv',
        uuid: 'LVM-x',
        major: 254,
        minor: 3,
        sectors: 2048,
        suspended: true,
        dependencies: ['8:0'],
      },
    ]);
  });

  it('have no uuid where the file is empty, and keep blanks in their names', () => {
    putDevice('dm-0', ' a b ', '');
    expect(devicesFromSysfs(root)[0]).toMatchObject({ uuid: null, name: ' a b ' });
  });

  it('are left out when they go away meanwhile, as other block devices are', () => {
    putDevice('dm-0', 'stays', '');
    mkdirSync(join(root, 'block/dm-1/dm'), { recursive: true });
    put('block/sda/dev', '8:0');
    expect(devicesFromSysfs(root).map(({ name }) => name)).toEqual(['stays']);
  });

  it('are none where there is no sysfs', () => {
    expect(devicesFromSysfs(join(root, 'nowhere'))).toEqual([]);
  });
});
