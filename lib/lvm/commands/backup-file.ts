import { closeSync, openSync, readSync } from 'node:fs';

/** Which metadata a backup file holds. */
export interface BackupContent {
  /** The group's uuid. */
  readonly uuid: string;
  /** Its revision of then, `vg_seqno`. */
  readonly seqno: number;
}

/** Reads a file of vgcfgbackup(8); null if it is not here or not one of this group. Never throws. */
export function readBackup(path: string, group: string): BackupContent | null {
  try {
    const file = openSync(path, 'r');
    try {
      // What is looked for stands before the devices and volumes.
      const start = Buffer.alloc(64 * 1024);
      return parseBackup(start.toString('utf8', 0, readSync(file, start)), group);
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

/** Finds the group's uuid and revision in lvm's text metadata (lib/format_text/export.c); null if they are not there. */
export function parseBackup(text: string, group: string): BackupContent | null {
  const lines = text.split('\n');
  const begin = lines.indexOf(`${group} {`);
  if (begin === -1) return null;
  const field = (pattern: RegExp): string | undefined =>
    lines
      .slice(begin + 1, begin + 20)
      .flatMap((line) => pattern.exec(line)?.[1] ?? [])
      .at(0);
  const uuid = field(/^\tid = "([^"]{32,38})"$/);
  const seqno = field(/^\tseqno = (\d{1,10})$/);
  return uuid === undefined || seqno === undefined ? null : { uuid, seqno: Number(seqno) };
}
