import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Done } from '../workflows/plan.ts';
import { planSplitForBackup, splitForBackup } from '../workflows/split/split-for-backup.ts';
import type { SplitResult } from '../workflows/split/split-types.ts';
import type { Quiesce } from '../workflows/system/quiesce.ts';
import { type Backup, type BackupPlan, type BackupResult, planBackup, runBackup } from './backup-run.ts';
import { exitStatus } from './exit.ts';
import { complain, type End, type Io } from './io.ts';
import { collect, parseSize } from './workflow-options.ts';
import { runCall, type WorkflowCall, type WorkflowFlags, withWorkflowOptions } from './workflow-run.ts';

/** Adds `devmapper backup VG/LV TO`. */
export function addBackup(program: Command, io: Io, end: End): void {
  withWorkflowOptions(
    program
      .command('backup')
      .argument('<VG/LV>', 'the volume')
      .argument('[TO]', 'the file or block device that it is copied to')
      .description('copy a volume, as it is at one moment, to a file or device; or split a copy off')
      .addOption(
        new Option(
          '--by <way>',
          'what is copied: a snapshot (default), or of a raid1 an image that is split off meanwhile',
        ).choices(['snapshot', 'split']),
      )
      .option('--size <size>', "of the snapshot's store (default: as much as it can ever use)", parseSize)
      .option('--overwrite', 'replace the file, or what the device holds')
      .option('--allow-overflow <vg/lv>', 'let this snapshot of the volume TO overflow (repeatable)', collect)
      .option('--verify', 'read the copy again, and compare')
      .option('--rate <size>', 'copy at most so much a second, such as 50MiB', parseSize)
      .option('--no-sparse', 'write zeros into the file, too')
      .option('--split <name>', 'instead: split an image of a mirror off for good, under this name')
      .addOption(
        new Option(
          '--quiesce <how>',
          'with --split, what is done to its file system (default: freeze where that is safe, else sync)',
        ).choices(['freeze', 'sync', 'none']),
      ),
  )
    .addHelpText('after', help)
    .action(async (volume: string, to: string | undefined, flags: BackupFlags) => {
      const problem = problemOf(to, flags);
      if (problem !== null) {
        complain(io, `backup: ${problem}`);
        end(exitStatus.usage);
        return;
      }
      end(
        flags.split === undefined
          ? await runCall(copyCall(toBackup(volume, to ?? '', flags)), flags, io)
          : await runCall(splitCall(volume, flags.split, flags.quiesce), flags, io),
      );
    });
}

/** What there is after a backup, in a sentence. */
export function backupState(volume: string, { copy }: Pick<Done<BackupResult>, 'copy'>): string {
  const { to, bytes, holes, checksum } = copy;
  const zeros = holes === 0 ? '' : `, ${holes} of them zeros that were left out`;
  const sum = checksum === null ? '' : `, sha256 ${checksum}`;
  return `${to} has ${volume}: ${bytes} bytes${zeros}${sum}; ${volume} is as before.`;
}

/** What there is after a split, in a sentence. */
export function splitState({ volume, copy, path, readOnly, copiesLeft, mountOptions }: SplitResult): string {
  const mount = mountOptions === null ? '' : `; mount it with -o ${mountOptions.join(',')}`;
  const copies = copiesLeft === 1 ? '1 copy' : `${copiesLeft} copies`;
  return `${copy} (${path}${readOnly ? ', read-only' : ''}) is split off ${volume}, which has ${copies} left${mount}.`;
}

function copyCall(backup: Backup): WorkflowCall<BackupResult> {
  let planned: BackupPlan | undefined;
  return {
    async plan(tools, common) {
      planned = await planBackup(tools, backup, common);
      return planned.shown;
    },
    run: (tools, { expected, ...common }) => runBackup(tools, backup, common, expected && planned),
    state: (done) => backupState(backup.volume, done),
    hints: { 'needs-consent': 'see --overwrite and --allow-overflow.' },
  };
}

function splitCall(volume: string, name: string, quiesce: Quiesce | undefined): WorkflowCall<SplitResult> {
  return {
    plan: (tools, common) => planSplitForBackup(tools, { volume, name, quiesce, ...common }),
    run: (tools, common) => splitForBackup(tools, { volume, name, quiesce, ...common }),
    state: splitState,
  };
}

interface BackupFlags extends WorkflowFlags {
  readonly by?: 'snapshot' | 'split';
  readonly size?: string;
  readonly overwrite?: boolean;
  readonly allowOverflow?: readonly string[];
  readonly verify?: boolean;
  readonly rate?: string;
  readonly sparse: boolean;
  readonly split?: string;
  readonly quiesce?: Quiesce;
}

function problemOf(to: string | undefined, flags: BackupFlags): string | null {
  const { split, by, size, quiesce, overwrite, allowOverflow, verify, rate, sparse } = flags;
  const isCopy =
    !sparse || [by, size, overwrite, allowOverflow, verify, rate].some((flag) => flag !== undefined);
  if (split === undefined && to === undefined) return 'where to? Name a file or device, or --split NAME.';
  if (split !== undefined && to !== undefined) return 'a copy to TO, or --split: not both.';
  if (split !== undefined && isCopy)
    return '--by, --size, --overwrite, --allow-overflow, --verify, --rate and --no-sparse are for a copy to TO, not for --split.';
  if (split === undefined && quiesce !== undefined) return '--quiesce is for --split.';
  if (by === 'split' && size !== undefined)
    return "--size is that of a snapshot's store, not for --by split.";
  return null;
}

function toBackup(volume: string, to: string, flags: BackupFlags): Backup {
  const { overwrite, allowOverflow, verify, rate, sparse, by = 'snapshot', size } = flags;
  const copy = { to: resolve(to), sparse, overwrite, allowOverflow, verify, bytesPerSecond: rate };
  return { volume, by, size, copy };
}

const help = `
A snapshot takes free space of the group; with --by split none is needed, but the volume
has one copy less until the image is back and in sync.
A file is there only when it is whole. The snapshot, or the image that was split off, is
given back in any case, also after Ctrl-C; an image is synchronised again then.

Exit status: 0 done; 1 not done, standard error says what is left; 2 wrong usage, or no
--yes without a terminal; 3 no such volume, or lvm could not be asked.

Examples:
  devmapper backup vg/home /backup/home.img --verify
  devmapper backup vg/home /dev/sdd --overwrite --rate 50MiB
  devmapper backup vg/mirror --split mirror_copy --dry-run`;
