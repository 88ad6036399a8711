import type { RawDevice } from './addon.ts';
import { DmError } from './errors.ts';
import { decode, decodeTable, type Status, type Table } from './targets/index.ts';
import type { DecodeContext } from './targets/target.ts';

/** What names a device. */
export interface DeviceIdentity {
  /** As the kernel stores it; escapes are resolved by `unmangle`. At most 127 bytes. */
  readonly name: string;
  /** As its owner set it, such as `LVM-...` or `CRYPT-...`; null if it has none. */
  readonly uuid: string | null;
  readonly major: number;
  readonly minor: number;
}

/** A device's state, as one ioctl tells it (`struct dm_ioctl`, linux/dm-ioctl.h). */
export interface DeviceInfo extends DeviceIdentity {
  /** I/O to it is held back. */
  readonly suspended: boolean;
  readonly readOnly: boolean;
  /** How many have it open: mounts, devices above, processes. */
  readonly openCount: number;
  /** Counts the events of its targets, 32 bits, wrapping; compare with `!==`. */
  readonly eventNumber: number;
  /** There is a table that I/O goes through; without one the device has no segments. */
  readonly liveTable: boolean;
  /** A table was loaded that waits for the next resume. */
  readonly inactiveTable: boolean;
  /** It goes away when the last opener leaves. */
  readonly deferredRemove: boolean;
  /** The kernel itself has suspended it. */
  readonly internalSuspend: boolean;
}

/** One target of a device: where it lies, in sectors of 512 bytes, and its decoded status. */
export interface StatusSegment {
  readonly start: number;
  readonly length: number;
  readonly status: Status;
}

/** One target of a device: where it lies, in sectors of 512 bytes, and its decoded table line. */
export interface TableSegment {
  readonly start: number;
  readonly length: number;
  readonly table: Table;
}

/** A device that gave no answer while all were asked: the others are not affected by it. */
export interface SilentDevice extends DeviceIdentity {
  readonly segments: readonly [];
  readonly error: DmError;
}

/** A device with the status of each of its targets. */
export type DeviceStatus =
  | (DeviceInfo & { readonly segments: readonly StatusSegment[]; readonly error: null })
  | SilentDevice;

/** A device with the table line of each of its targets; keys in them are zeros. */
export type DeviceTable =
  | (DeviceInfo & { readonly segments: readonly TableSegment[]; readonly error: null })
  | SilentDevice;

/** A device, what it is made of and what it stands on. Without CAP_SYS_ADMIN only what sysfs tells. */
export type Device = DeviceFromIoctl | DeviceFromSysfs;

interface DeviceMakeup extends DeviceIdentity {
  /** Its size in sectors of 512 bytes; 0 without a live table. */
  readonly sectors: number;
  readonly suspended: boolean;
  /** `major:minor` of the devices it stands on. */
  readonly dependencies: readonly string[];
}

/** A device as the driver describes it. */
export interface DeviceFromIoctl extends DeviceMakeup, DeviceInfo {
  readonly source: 'ioctl';
  /** The target types of its segments, in their order. */
  readonly targets: readonly string[];
}

/** A device as sysfs describes it to everybody. One that never had a table is not there (seen on Linux 6.1). */
export interface DeviceFromSysfs extends DeviceMakeup {
  readonly source: 'sysfs';
}

/** Why one device of many gave no answer; null if it gave one. */
function errorOf(raw: RawDevice): DmError | null {
  return raw.failure === null ? null : new DmError(raw.failure);
}

/** The identity and state of a device. */
export function toInfo(raw: RawDevice): DeviceInfo {
  // Field by field: rest and spread cost more than all the rest of a status.
  return {
    name: raw.name,
    uuid: raw.uuid === '' ? null : raw.uuid,
    major: raw.major,
    minor: raw.minor,
    openCount: raw.openCount,
    eventNumber: raw.eventNumber,
    suspended: raw.suspended,
    readOnly: raw.readOnly,
    liveTable: raw.liveTable,
    inactiveTable: raw.inactiveTable,
    deferredRemove: raw.deferredRemove,
    internalSuspend: raw.internalSuspend,
  };
}

/** The device with its decoded status; `context` gives what percentages need beyond the status line. */
export function toStatus(raw: RawDevice, context: DecodeContext): DeviceStatus {
  const error = errorOf(raw);
  if (error !== null) return silent(raw, error);
  const segments = raw.segments.map(({ start, length, target, params }) => ({
    start,
    length,
    status: decode(target, params, contextOf(context, length)),
  }));
  return withSegments(raw, segments);
}

/** The device with its decoded table. */
export function toTable(raw: RawDevice): DeviceTable {
  const error = errorOf(raw);
  if (error !== null) return silent(raw, error);
  const segments = raw.segments.map(({ start, length, target, params }) => ({
    start,
    length,
    table: decodeTable(target, params),
  }));
  return withSegments(raw, segments);
}

/** The device with its makeup. */
export function toDevice(raw: RawDevice): DeviceFromIoctl {
  const last = raw.segments.at(-1);
  return {
    source: 'ioctl',
    ...toInfo(raw),
    sectors: last === undefined ? 0 : last.start + last.length,
    dependencies: raw.dependencies,
    targets: raw.segments.map(({ target }) => target),
  };
}

function silent({ name, uuid, major, minor }: RawDevice, error: DmError): SilentDevice {
  return { name, uuid: uuid === '' ? null : uuid, major, minor, segments: [], error };
}

// Field by field, as toInfo: spreading an object of this size costs more than all the rest of a status.
function withSegments<S>(
  raw: RawDevice,
  segments: readonly S[],
): DeviceInfo & { readonly segments: readonly S[]; readonly error: null } {
  return {
    name: raw.name,
    uuid: raw.uuid === '' ? null : raw.uuid,
    major: raw.major,
    minor: raw.minor,
    openCount: raw.openCount,
    eventNumber: raw.eventNumber,
    suspended: raw.suspended,
    readOnly: raw.readOnly,
    liveTable: raw.liveTable,
    inactiveTable: raw.inactiveTable,
    deferredRemove: raw.deferredRemove,
    internalSuspend: raw.internalSuspend,
    segments,
    error: null,
  };
}

function contextOf({ extentSectors, poolBlockSectors }: DecodeContext, length: number): DecodeContext {
  return { length, extentSectors, poolBlockSectors };
}
