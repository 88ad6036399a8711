import { statSync } from 'node:fs';
import type { PvRow } from '../columns/pv.ts';
import type { Afterwards } from '../operation.ts';
import { devicesOf, type LvmState } from '../state.ts';

/** A result that tells of the devices as they are now. */
export interface DevicesFound {
  /** The devices' rows of the report, in the order given; a device that is no physical volume now has none. */
  readonly devices: readonly PvRow[];
}

/** The result of an operation on devices, whichever of a device's names the caller used. */
export function devicesFound({ place, after }: Afterwards): DevicesFound {
  return { devices: place.devices.flatMap((path) => deviceRow(after, path) ?? []) };
}

/**
 * The physical volume at a path. lvm reports one name of several (`/dev/sdb` for `/dev/disk/by-id/...`), so a path that
 * it does not name is found by its device number.
 */
export function deviceRow(state: LvmState, path: string): PvRow | undefined {
  const rows = devicesOf(state);
  const named = rows.find(({ name }) => name === path);
  if (named !== undefined) return named;
  const number = deviceNumber(path);
  return number === null
    ? undefined
    : rows.find(({ major, minor }) => major === number.major && minor === number.minor);
}

/** Whether a path can be told from others: a name that lvm reports, or a device that is here. */
export function isResolvable(state: LvmState, path: string): boolean {
  return devicesOf(state).some(({ name }) => name === path) || deviceNumber(path) !== null;
}

/** A uuid without its hyphens, as `--uuid` takes it with or without them. */
export function bareUuid(uuid: string | null): string {
  return (uuid ?? '').replaceAll('-', '');
}

function deviceNumber(path: string): { readonly major: number; readonly minor: number } | null {
  try {
    const found = statSync(path);
    if (!found.isBlockDevice()) return null;
    // sys/sysmacros.h: twelve bits of the major number stand between two parts of the minor.
    const major = Math.floor(found.rdev / 256) % 4096;
    return { major, minor: (found.rdev % 256) + Math.floor(found.rdev / 2 ** 20) * 256 };
  } catch {
    return null;
  }
}
