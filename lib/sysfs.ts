import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceFromSysfs } from './device.ts';

/**
 * All device-mapper devices as sysfs shows them to any user: names, uuids, numbers, sizes, suspended, what they stand
 * on. Reads memory of the kernel only, no disk. A device that goes away meanwhile is left out.
 */
export function devicesFromSysfs(root = '/sys'): readonly DeviceFromSysfs[] {
  const block = join(root, 'block');
  return listed(block)
    .filter((name) => /^dm-\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [readDevice(join(block, name))];
      } catch (error) {
        if (isGone(error)) return [];
        throw error;
      }
    });
}

function readDevice(directory: string): DeviceFromSysfs {
  const read = (file: string): string => readFileSync(join(directory, file), 'utf8').replace(/\n$/, '');
  const [major = 0, minor = 0] = read('dev').split(':').map(Number);
  const uuid = read('dm/uuid');
  return {
    source: 'sysfs',
    name: read('dm/name'),
    uuid: uuid === '' ? null : uuid,
    major,
    minor,
    sectors: Number(read('size')),
    suspended: read('dm/suspended') === '1',
    dependencies: listed(join(directory, 'slaves')).map((slave) => read(join('slaves', slave, 'dev'))),
  };
}

function listed(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

// Reading an attribute of a device that has just been removed fails with ENODEV where the file was still open.
function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENODEV' || code === 'ENXIO';
}
