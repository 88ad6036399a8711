import { stat } from 'node:fs/promises';

/**
 * The `major:minor` of a block device: of a path (links are followed), or the number itself if that is what is given.
 * Rejects with stat's own error, or with `code` `ENOTBLK` if the path is no block device.
 */
export async function deviceNumber(device: string): Promise<string> {
  if (/^\d+:\d+$/.test(device)) return device;
  const status = await stat(device, { bigint: true });
  if (!status.isBlockDevice())
    throw Object.assign(new Error(`${device} is no block device`), { code: 'ENOTBLK', path: device });
  return numberText(status.rdev);
}

/** A device number of stat(2) as `major:minor`, as glibc's gnu_dev_major and gnu_dev_minor take it apart. */
export function numberText(rdev: bigint): string {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}
