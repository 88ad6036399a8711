import type { DeviceIdentity, DeviceInfo } from '../device.ts';
import { bytesOf, familyOf } from '../targets/metric.ts';
import type { Declared } from './catalogue.ts';
import type { Identity } from './identity.ts';
import type { Samples } from './samples.ts';

const family = (name: string, type: Declared['type'], help: string, labels: readonly string[]): Declared => ({
  ...familyOf(name, type, help),
  labels,
  states: [],
});

const device = ['device'];
const volume = ['device', 'vg', 'lv'];

const info = family(
  'dm_device_info',
  'info',
  'What a device is. Subsystem is what its uuid begins with, layer what an LVM device is of its volume.',
  [...volume, 'uuid', 'kernel', 'major', 'minor', 'subsystem', 'layer', 'target'],
);
const size = family('dm_device_size_bytes', 'gauge', 'Size of the device.', device);
const openers = family(
  'dm_device_openers',
  'gauge',
  'How many have the device open: mounts, devices above it, processes.',
  device,
);
const suspended = family('dm_device_suspended', 'gauge', 'Whether I/O to the device is held back.', volume);
const readOnly = family('dm_device_read_only', 'gauge', 'Whether the device cannot be written.', device);
const tableMissing = family(
  'dm_device_table_missing',
  'gauge',
  'Whether the device has no table that I/O could go through.',
  volume,
);
const events = family(
  'dm_device_events_total',
  'counter',
  'Events that the targets of the device have sent.',
  device,
);
const backing = family(
  'dm_device_backing_info',
  'info',
  'What the device stands on: the nearest disks and exported devices below it, by the name the kernel has for them.',
  [...volume, 'backing', 'backing_device'],
);
const stale = family(
  'dm_device_status_stale',
  'gauge',
  'Whether the device has not answered in time, so that all else of it is as it was last known.',
  volume,
);
const age = family(
  'dm_device_status_age_seconds',
  'gauge',
  'How long ago what is known of the device was read.',
  volume,
);
const devices = family(
  'dm_devices',
  'gauge',
  'Devices that have such a target, those that are not exported too.',
  ['target'],
);

/** The families that every device has. */
export const deviceFamilies: readonly Declared[] = [
  info,
  size,
  openers,
  suspended,
  readOnly,
  tableMissing,
  events,
  backing,
  stale,
  age,
  devices,
];

/** What the families of a device are made of; what is undefined is not known. */
export interface DeviceFacts {
  readonly identity: Identity;
  readonly device: DeviceIdentity;
  readonly info: Pick<DeviceInfo, 'suspended'> & Partial<DeviceInfo>;
  readonly targets: readonly string[] | undefined;
  /** Sectors of 512 bytes. */
  readonly sectors: number | undefined;
  /** What it stands on, each with its name in device-mapper, or `''` if it is none of its devices. */
  readonly backing: readonly { readonly kernel: string; readonly device: string }[];
  /** Null where nothing is read that could be late. */
  readonly freshness: { readonly stale: boolean; readonly ageSeconds: number } | null;
}

/** Adds the series of one device. */
export function addDevice(samples: Samples, facts: DeviceFacts): void {
  const { identity, info: state, sectors, freshness } = facts;
  const { labels, volume } = identity;
  samples.add(info, infoLabels(facts), 1);
  const bytes = bytesOf(sectors);
  if (bytes !== undefined) samples.add(size, labels, bytes);
  if (state.openCount !== undefined) samples.add(openers, labels, state.openCount);
  samples.add(suspended, volume, state.suspended);
  if (state.readOnly !== undefined) samples.add(readOnly, labels, state.readOnly);
  if (state.liveTable !== undefined) samples.add(tableMissing, volume, !state.liveTable);
  if (state.eventNumber !== undefined) samples.add(events, labels, state.eventNumber);
  for (const below of facts.backing)
    samples.add(backing, { ...volume, backing: below.kernel, backing_device: below.device }, 1);
  if (freshness === null) return;
  samples.add(stale, volume, freshness.stale);
  samples.add(age, volume, freshness.ageSeconds);
}

/** Adds how many devices have which target. */
export function addDeviceCounts(samples: Samples, targets: Iterable<readonly string[]>): void {
  const counts = new Map<string, number>();
  for (const names of targets)
    for (const name of new Set(names)) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const [target, count] of [...counts].sort(([one], [other]) => (one < other ? -1 : 1)))
    samples.add(devices, { target }, count);
}

function infoLabels({ identity, device: { uuid, major, minor }, targets }: DeviceFacts) {
  const { lvm, volume } = identity;
  return {
    ...volume,
    uuid: uuid ?? '',
    kernel: `dm-${minor}`,
    major: String(major),
    minor: String(minor),
    subsystem: uuid === null ? '' : (/^[A-Za-z]+(?=-)/.exec(uuid)?.[0] ?? ''),
    layer: lvm?.layer ?? lvm?.suffix ?? '',
    target: [...new Set(targets ?? [])].join(','),
  };
}
