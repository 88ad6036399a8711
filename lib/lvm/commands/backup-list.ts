/** A backup of a group's metadata, as `vgcfgrestore --list` tells of it. */
export interface MetadataBackup {
  readonly file: string;
  /** The group's name in it; null if it could not be read. */
  readonly vgName: string | null;
  /** Which command it was made for: `Created *before* executing 'vgextend ...'`. */
  readonly description: string | null;
  /** When, as ctime(3) writes it in the host's time zone: `Fri Nov 20 06:47:16 2026`. */
  readonly time: string | null;
}

/** Reads what `vgcfgrestore --list` prints (lib/format_text/archive.c). Never throws; other messages are left out. */
export function parseBackups(notes: readonly string[]): readonly MetadataBackup[] {
  const backups: { file: string; vgName: string | null; description: string | null; time: string | null }[] =
    [];
  for (const note of notes) {
    const [head, key] = /^\s*(File|VG name|Description|Backup Time):/.exec(note) ?? [''];
    const value = note.slice(head.length).trim();
    const last = backups.at(-1);
    if (key === 'File') backups.push({ file: path(value), vgName: null, description: null, time: null });
    else if (last === undefined) continue;
    else if (key === 'VG name') last.vgName = value;
    else if (key === 'Description') last.description = value;
    else if (key === 'Backup Time') last.time = value;
  }
  return backups;
}

// lvm writes the name of the file behind its path once more: /etc/lvm/backup/vg/vg.
function path(printed: string): string {
  const [, file] = /^(.*\/([^/]+))\/\2$/.exec(printed) ?? [];
  return file ?? printed;
}
