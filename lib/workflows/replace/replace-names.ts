import type { FailedDisk } from './replace-find.ts';

/** How a disk is called in a sentence. */
export function diskName({ path, uuid }: Pick<FailedDisk, 'path' | 'uuid'>): string {
  return path ?? `the disk with the PV ${uuid}`;
}

/** Names as they stand in a sentence. */
export function namesIn(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** The name of a volume without its group. */
export function short(volume: string): string {
  return volume.slice(volume.indexOf('/') + 1);
}
