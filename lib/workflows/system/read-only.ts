import { readFile } from 'node:fs/promises';
import { loadAddon } from '../../addon.ts';
import { deviceNumber } from './device-number.ts';

/**
 * Makes a block device read-only in the kernel (ioctl BLKROSET), also with a table that is loaded later: a write(2) to it
 * fails with EPERM, whoever opened it when, and a mount of it is one with `ro`. What device-mapper writes to it from above
 * still arrives (measured on Linux 6.1). Rejects with the ioctl's error (`EACCES`: no CAP_SYS_ADMIN), and if it did not hold.
 */
export async function makeReadOnly(device: string): Promise<void> {
  const addon = loadAddon();
  addon.setReadOnly(device, true);
  if (!addon.isReadOnly(device)) throw new Error(`${device} could not be made read-only`);
}

/** Takes back what {@link makeReadOnly} did. Rejects with the ioctl's error. */
export async function makeWritable(device: string): Promise<void> {
  loadAddon().setReadOnly(device, false);
}

/** Whether a block device is read-only in the kernel (ioctl BLKROGET). Rejects with the error of open or ioctl. */
export async function isReadOnly(device: string): Promise<boolean> {
  return loadAddon().isReadOnly(device);
}

/**
 * How many sectors of 512 bytes have been written to a block device since it exists: field 7 of its stat in sysfs,
 * Documentation/block/stat.rst. Takes `major:minor` or a path; rejects if there is no such device.
 */
export async function writtenSectors(device: string): Promise<number> {
  const file = `/sys/dev/block/${await deviceNumber(device)}/stat`;
  const written = Number((await readFile(file, 'utf8')).trim().split(/\s+/)[6]);
  if (!Number.isSafeInteger(written)) throw new Error(`${file} does not say what was written`);
  return written;
}
