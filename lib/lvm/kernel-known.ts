import type { LogEntry } from './log.ts';

/**
 * Whether lvm could ask device-mapper at all. It goes on without, with status 0, and then says of a thin or cache pool
 * that it is not active, where it says of other LVs that it does not know (lvm 2.03.16).
 */
export function wasKernelAsked(stderr: string, entries: readonly LogEntry[]): boolean {
  return !complaint.test(stderr) && !entries.some(({ message }) => complaint.test(message));
}

/** A row of an LV with all that `lvs` only seems to know taken back, if the kernel was not asked for it. */
export function inDoubt<R extends object>(row: R, asked: boolean): R {
  if (asked && !('kernelKnown' in row && row.kernelKnown === false)) return row;
  const known = Object.entries(row).map(([key, value]) => [
    key,
    key === 'attributes' ? { ...value, ...doubtfulLetters } : doubtful.has(key) ? doubtful.get(key) : value,
  ]);
  return Object.fromEntries(known);
}

// libdm/ioctl/libdm-iface.c, dm_check_version and _open_control.
const complaint =
  /Incompatible libdevmapper|communicate with kernel device-mapper driver|device-mapper: version ioctl/;

const doubtful: ReadonlyMap<string, unknown> = new Map([
  ['active', null],
  ['activeLocally', null],
  ['activeExclusively', null],
  ['kernelKnown', false],
]);

const doubtfulLetters = { state: 'unknown', open: null } as const;
