import { requireFile } from '../names.ts';
import {
  type After,
  type Before,
  type NoOptions,
  type Operation,
  operation,
  type Question,
} from '../operation.ts';
import { consent, file, type OptionsOf, type OptionTable, option, requireBoolean } from '../option.ts';
import { groupOf } from '../state.ts';
import { group, type Subject } from '../subject.ts';
import { type GroupResult, groupResult } from '../verify.ts';
import { readBackup } from './backup-file.ts';
import { type MetadataBackup, parseBackups } from './backup-list.ts';
import { bareUuid } from './pv-rows.ts';

/** The backups that there are. */
export interface BackupsResult {
  readonly backups: readonly MetadataBackup[];
}

const options = {
  /** The file of vgcfgbackup(8) to restore from; default is the newest below /etc/lvm/backup (`--file`). */
  file: file('--file'),
  /** Leave to restore while volumes are active, whose devices may then not be what the metadata says. */
  allowActive: consent('the metadata is restored while volumes are active'),
  /** Leave to restore a group with thin pools, whose own metadata stays as it is and may not fit (`--force`). */
  allowThin: option<boolean>('--force', 'consent: a group with thin pools is restored', (value, key) =>
    requireBoolean(key, value) ? ['--force'] : [],
  ),
} as const satisfies OptionTable;

type Options = OptionsOf<typeof options>;

/** Options of `lvm.vgcfgrestore.restore`. */
export interface VgcfgrestoreRestoreOptions extends OptionsOf<typeof options> {}

const restore: Operation<string, VgcfgrestoreRestoreOptions, GroupResult> = operation({
  command: 'vgcfgrestore',
  fixed: [],
  summary: "Restores a volume group's metadata from a backup; what is in the volumes stays.",
  subject: group,
  options,
  writes: 'text',
  looks: 'everything',
  asks,
  verify({ place, options: { file: from }, after }: After<Options>) {
    const [name = ''] = place.groups;
    const found = groupOf(after, name);
    if (found === undefined) return `there is no group ${name}`;
    const backup = from === undefined ? null : readBackup(from, name);
    if (backup === null) return null;
    if (bareUuid(backup.uuid) !== bareUuid(found.vg.uuid))
      return `${name} is another group than that of ${from}`;
    // What is restored counts as one change more.
    return found.vg.seqno === backup.seqno + 1 ? null : `the metadata of ${name} is not that of ${from}`;
  },
  result: groupResult,
});

const list: Operation<string, NoOptions, BackupsResult> = operation({
  command: 'vgcfgrestore',
  fixed: ['--list'],
  summary: "Lists the backups and archives of a volume group's metadata.",
  subject: group,
  options: {},
  writes: 'text',
  looks: 'nothing',
  result: ({ notes }) => ({ backups: parseBackups(notes) }),
});

const backupFile: Subject<string> = {
  takes: 'the path of a file',
  parse: (value) => ({
    groups: [],
    volumes: [],
    devices: [],
    flags: ['--file', requireFile('file', value)],
    operands: [],
  }),
};

const listFile: Operation<string, NoOptions, BackupsResult> = operation({
  command: 'vgcfgrestore',
  fixed: ['--list'],
  summary: 'Tells what backup a file is.',
  subject: backupFile,
  options: {},
  writes: 'text',
  looks: 'nothing',
  result: ({ notes }) => ({ backups: parseBackups(notes) }),
});

/** vgcfgrestore(8), one operation a form. */
export const vgcfgrestore = {
  /** Restores a volume group's metadata from a backup; what is in the volumes stays. */
  restore,
  /** Lists the backups and archives of a volume group's metadata. */
  list,
  /** Tells what backup a file is. */
  listFile,
} as const;

// tools/vgcfgrestore.c looks at the kernel's devices, also when the metadata is gone.
function asks({ place, options: given, before }: Before<Options>): readonly Question[] {
  const [name = ''] = place.groups;
  const found = groupOf(before, name);
  const active =
    found?.lvs.filter((lv) => lv.active === true && !lv.hidden).map(({ fullName }) => fullName) ?? [];
  const what = active.length === 0 ? `volumes of ${name} may be` : `${active.join(', ')} of ${name} are`;
  return [
    {
      consent: 'allowActive',
      granted: given.allowActive === true,
      certain: active.length > 0,
      text: `${what} active, and restoring the metadata may not fit them; deactivate them, or set allowActive to true`,
    },
  ];
}
