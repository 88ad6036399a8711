import { Command, CommanderError } from 'commander';
import { packageVersion } from '../package-version.ts';
import { printable } from '../view/printable.ts';
import { addBackup } from './backup.ts';
import { addDecode } from './decode.ts';
import { addDoctor } from './doctor.ts';
import { type ExitStatus, exitStatus, explainError } from './exit.ts';
import { addExporter } from './exporter.ts';
import type { End, Io } from './io.ts';
import { addList } from './list.ts';
import { addLvs } from './lvs.ts';
import { addMirror } from './mirror.ts';
import { addPvs } from './pvs.ts';
import { addReplace } from './replace.ts';
import { addRollback } from './rollback.ts';
import { addSnapshot } from './snapshot.ts';
import { addStatus } from './status.ts';
import { addTable } from './table.ts';
import { addTop } from './top.ts';
import { addTree } from './tree.ts';
import { addVgs } from './vgs.ts';
import { addWait } from './wait.ts';
import { addWatch } from './watch.ts';

/** Runs the command line with its arguments, without node's and the script's own. Never rejects; the exit status. */
export async function run(args: readonly string[], io: Io): Promise<ExitStatus> {
  let status: ExitStatus = exitStatus.ok;
  const end: End = (ended) => {
    status = ended;
  };
  try {
    const { own, behind } = splitCommand(args);
    await program(io, end, behind).parseAsync(own, { from: 'user' });
    return status;
  } catch (error) {
    // Commander has said what was wrong, or printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
    const { line, status: failed } = explainError(error);
    io.problems.write(`${line}\n`);
    return failed;
  }
}

// Commander does not tell what was behind `--`, which for `snapshot` is a command and for others operands.
function splitCommand(args: readonly string[]): {
  readonly own: readonly string[];
  readonly behind: readonly string[];
} {
  const at = args.indexOf('--');
  if (args[0] !== 'snapshot' || at < 0) return { own: args, behind: [] };
  return { own: args.slice(0, at), behind: args.slice(at + 1) };
}

function program(io: Io, end: End, behind: readonly string[]): Command {
  const command = new Command('devmapper')
    .description(
      'What Linux device-mapper and LVM are doing: sync, fill and health, without a lock or a disk access; and safe mirrors, snapshots, backups and rollbacks.',
    )
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    // Without it a command takes what is given to a subcommand of its own: "snapshot guard --json".
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('Try the option --help.')
    .configureOutput({
      writeOut: (text) => io.output.write(text),
      writeErr: (text) => io.problems.write(text.split('\n').map(printable).join('\n')),
    })
    .addHelpText('after', help);
  for (const add of subcommands) add(command, io, end, behind);
  return command;
}

// In the order of the help.
const subcommands = [
  ...[addStatus, addTop, addWatch, addWait, addTable, addList, addTree],
  ...[addLvs, addVgs, addPvs],
  ...[addMirror, addReplace, addSnapshot, addBackup, addRollback],
  ...[addExporter],
  ...[addDecode, addDoctor],
];

const help = `
NAME is a device-mapper name, an LVM volume as vg/lv, or a path below /dev.

Exit status: 0 all well; 1 something is unhealthy (status --check), not understood
(decode), wrong (doctor), lost (wait), or not done (mirror, replace, snapshot, backup,
rollback); 2 wrong usage; 3 device-mapper or lvm could not be asked; 124 the time was
up (wait).

Examples:
  devmapper status                        how all volumes are
  devmapper status --check vg/home        for a script: exit status 1 if it is not well
  devmapper top                           the same, live
  devmapper watch                         a line for every change
  devmapper wait vg/home --until in-sync  for a script: until both legs are the same
  devmapper tree                          what stands on what, down to the disks
  devmapper lvs                           what lvm knows, active or not, and how it is
  devmapper replace vg --dry-run          what a failed disk takes to be replaced
  devmapper backup vg/home /backup/home   a copy of one moment
  devmapper exporter                      the same for Prometheus, and as a page
  devmapper doctor                        why does it not work here?
  dmsetup status | devmapper decode       read a support case from another machine

"devmapper COMMAND --help" tells more of each.`;
