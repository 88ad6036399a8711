import type { FailedDisk } from './replace-find.ts';

/** How a disk is called in a sentence. */
export function diskName({ path, uuid }: Pick<FailedDisk, 'path' | 'uuid'>): string {
  return path ?? `the disk with the PV ${uuid}`;
}

/** The name of a volume without its group. */
export function short(volume: string): string {
  return volume.slice(volume.indexOf('/') + 1);
}
