import type { Command } from 'commander';
import type { Done } from '../workflows/plan.ts';
import { planReplaceFailedDevice, replaceFailedDevice } from '../workflows/replace/replace.ts';
import type { ReplaceOptions } from '../workflows/replace/replace-options.ts';
import type { ReplaceResult } from '../workflows/replace/replace-result.ts';
import { namesIn } from '../workflows/words.ts';
import type { End, Io } from './io.ts';
import { collect } from './workflow-options.ts';
import { runCall, type WorkflowFlags, withWorkflowOptions } from './workflow-run.ts';

/** Adds `devmapper replace VG`. */
export function addReplace(program: Command, io: Io, end: End): void {
  withWorkflowOptions(
    program
      .command('replace')
      .argument('<VG>', 'the volume group')
      .description('replace the failed or missing disk of a group, and give its mirrors all copies again')
      .option('--failed <device>', 'the disk that has failed, as path or PV uuid (default: it is found)')
      .option('--with <device>', 'a disk that takes what was lost (repeatable; default: free space)', collect)
      .option('--destroy <vg/lv>', 'let this volume go, which does not survive (repeatable)', collect)
      .option('--keep-lost', 'leave volumes that do not survive as they are, with the disk in the group')
      .option('--wipe-signatures', 'wipe what is on the new disks')
      .option('--no-wait', 'end when the repair has begun; the kernel goes on'),
  )
    .addHelpText('after', help)
    .action(async (vg: string, flags: ReplaceFlags) => {
      const { failed, with: disks, destroy, keepLost, wipeSignatures, wait } = flags;
      const options: ReplaceOptions = {
        vg,
        failed,
        with: disks,
        allowDestroy: destroy,
        keepLost,
        wipeSignatures,
        wait,
      };
      const status = await runCall(
        {
          plan: (tools, common) => planReplaceFailedDevice(tools, { ...options, ...common }),
          run: (tools, common) => replaceFailedDevice(tools, { ...options, ...common }),
          state: (done) => replaceState(vg, done),
          hints: { 'needs-consent': 'see --destroy, --keep-lost and --wipe-signatures.' },
        },
        flags,
        io,
      );
      end(status);
    });
}

/** What there is after a replacement, in a sentence. */
export function replaceState(vg: string, done: Done<ReplaceResult>): string {
  const { outcome, removed, added, repaired, destroyed, kept, blocked, syncing, warnings } = done;
  const texts = [
    about(removed, `left ${vg}`),
    about(added, 'came into it'),
    about(repaired, 'has all its copies again', 'have all their copies again'),
    about(destroyed, 'is gone', 'are gone'),
    about(kept, 'has lost data, and is there still', 'have lost data, and are there still'),
    about(blocked, 'lacks a copy still', 'lack a copy still'),
    about(syncing, 'gets in sync in the background', 'get in sync in the background'),
  ].filter((text) => text !== '');
  if (texts.length > 0) return `${texts.join('; ')}.`;
  if (outcome === 'done') return `${vg} is as it should be.`;
  return warnings.length === 0
    ? `${vg} lacks no disk, and nothing in it is degraded.`
    : `nothing was to be done in ${vg}.`;
}

function about(names: readonly string[], one: string, more = one): string {
  return names.length === 0 ? '' : `${namesIn(names)} ${names.length === 1 ? one : more}`;
}

interface ReplaceFlags extends WorkflowFlags {
  readonly failed?: string;
  readonly with?: readonly string[];
  readonly destroy?: readonly string[];
  readonly keepLost?: boolean;
  readonly wipeSignatures?: boolean;
  readonly wait: boolean;
}

const help = `
The plan says of each volume whether it survives. One that does not is destroyed only
if it is named with --destroy. Ended half-way, the same command goes on.

Exit status: 0 done, or nothing was to be done; 1 not done, standard error says what is
left; 2 wrong usage, or no --yes without a terminal; 3 no such group, or lvm could not
be asked.

Examples:
  devmapper replace vg --dry-run
  devmapper replace vg --with /dev/sdd
  devmapper replace vg --failed /dev/sdb --with /dev/sdd --destroy vg/scratch --yes`;
