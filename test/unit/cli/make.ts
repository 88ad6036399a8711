import type { DeviceFromIoctl, DeviceStatus } from '../../../lib/device.ts';
import { decode } from '../../../lib/targets/index.ts';

const vgId = 'v'.repeat(32);

/** A uuid as LVM makes it; `lv` is one character that stands for the volume's id. */
export function lvmUuid(lv: string, suffix = ''): string {
  return `LVM-${vgId}${lv.repeat(32)}${suffix === '' ? '' : `-${suffix}`}`;
}

/** A device with its status, from lines as `dmsetup status` prints them: `start length target params`. */
export function device(name: string, uuid: string | null, ...lines: readonly string[]): DeviceStatus {
  const segments = lines.map((line) => {
    const [start = '', length = '', target = '', ...params] = line.split(' ');
    const context = { length: Number(length) };
    return {
      start: Number(start),
      length: context.length,
      status: decode(target, params.join(' '), context),
    };
  });
  return { ...state, name, uuid, major: 254, minor: 0, segments, error: null };
}

/** A device as `devices()` gives it. */
export function listed(name: string, minor: number, more: Partial<DeviceFromIoctl> = {}): DeviceFromIoctl {
  return {
    ...state,
    source: 'ioctl',
    name,
    uuid: null,
    major: 254,
    minor,
    sectors: 8192,
    dependencies: [],
    targets: ['linear'],
    ...more,
  };
}

const state = {
  suspended: false,
  readOnly: false,
  openCount: 0,
  eventNumber: 0,
  liveTable: true,
  inactiveTable: false,
  deferredRemove: false,
  internalSuspend: false,
};
