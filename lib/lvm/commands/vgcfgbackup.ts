import { requireFile } from '../names.ts';
import { type Operation, operation } from '../operation.ts';
import { type OptionsOf, type OptionTable, option } from '../option.ts';
import { groups } from '../subject.ts';

const options = {
  /**
   * The file to write, one for each group: `%s` in it is the group's name. Default is /etc/lvm/backup with the group's
   * name (`--file`).
   */
  file: option<string>('--file', 'the path of a file, %s for the group', (value, key) => {
    const path = requireFile(key, value);
    // lvm gives it to printf as it is (tools/vgcfgbackup.c, _expand_filename).
    if (/%/.test(path.replace('%s', '')))
      throw Object.assign(
        new TypeError(`"${key}" must have no % but one %s, not ${JSON.stringify(path.slice(0, 80))}`),
        {
          code: 'ERR_INVALID_ARG_VALUE',
        },
      );
    return ['--file', path];
  }),
} as const satisfies OptionTable;

/** Which files were written. */
export interface VgcfgbackupResult {
  /** The files that were named, filled in; none if they are lvm's own. */
  readonly files: readonly string[];
}

/** Options of `lvm.vgcfgbackup`. */
export interface VgcfgbackupOptions extends OptionsOf<typeof options> {}

/** Writes the metadata of groups to files (vgcfgbackup(8)). */
export const vgcfgbackup: Operation<string | readonly string[], VgcfgbackupOptions, VgcfgbackupResult> =
  operation({
    command: 'vgcfgbackup',
    fixed: [],
    summary: 'Writes the metadata of volume groups to files.',
    subject: groups,
    options,
    arrange(place, { file }) {
      if (file === undefined || place.groups.length === 1 || file.includes('%s')) return place;
      throw Object.assign(
        new TypeError('"file" must have a %s for the name of the group, as there are several'),
        {
          code: 'ERR_INVALID_ARG_VALUE',
        },
      );
    },
    verify({ place, notes }) {
      const left = place.groups.find(
        (name) => !notes.includes(`Volume group "${name}" successfully backed up.`),
      );
      return left === undefined ? null : `it does not say so of ${left}`;
    },
    result: ({ place, options: { file } }) => ({
      /** The files that were named, filled in; none if they are lvm's own. */
      files: file === undefined ? [] : place.groups.map((name) => file.replace('%s', () => name)),
    }),
  });
