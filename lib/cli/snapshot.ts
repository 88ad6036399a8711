import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { abortError, onAbort } from '../abort.ts';
import type { Done } from '../workflows/plan.ts';
import { planWithSnapshot, withSnapshot } from '../workflows/snapshot/with-snapshot.ts';
import type { WithSnapshotOptions } from '../workflows/snapshot/with-snapshot-options.ts';
import type { Snapshot, WithSnapshotResult } from '../workflows/snapshot/with-snapshot-types.ts';
import { exitStatus } from './exit.ts';
import { complain, type End, type Io } from './io.ts';
import { addGuard } from './snapshot-guard.ts';
import { collect, parseSize } from './workflow-options.ts';
import { runCall, type WorkflowFlags, withWorkflowOptions } from './workflow-run.ts';

/** Adds `devmapper snapshot VG/LV... -- COMMAND...`, whose command is `words`, and `devmapper snapshot guard VG/LV`. */
export function addSnapshot(program: Command, io: Io, end: End, words: readonly string[]): void {
  const command = withWorkflowOptions(
    program
      .command('snapshot')
      .argument('<VG/LV...>', 'what to take snapshots of, one right after another')
      .usage('[options] <VG/LV...> -- COMMAND [ARGUMENT...]')
      .description('run a command with snapshots of volumes, mounted for reading, and remove them after it')
      .option(
        '--size <size>',
        'of each store (default: as much as it can ever use, so it cannot overflow)',
        parseSize,
      )
      .option('--name <name>', 'name of the snapshot, of one volume (default: LV_snap)')
      .option('--guard', 'extend stores that fill up')
      .option('--no-mount', 'do not mount them')
      .option('--directory <path>', 'mount the one snapshot here (default: a directory below /run/devmapper)')
      .option('--tag <tag>', 'a tag that they get (repeatable)', collect),
  )
    .addHelpText('after', help)
    .helpCommand(false)
    .action(async (volumes: readonly string[], flags: SnapshotFlags) => {
      if (words.length === 0 && flags.dryRun !== true) {
        complain(io, 'snapshot: which command? Name it behind --: snapshot VG/LV -- COMMAND [ARGUMENT...]');
        end(exitStatus.usage);
        return;
      }
      const options = toOptions(volumes, flags);
      const status = await runCall(
        {
          plan: (tools, common) => planWithSnapshot(tools, { ...options, ...common }),
          run: (tools, common) =>
            withSnapshot(tools, { ...options, ...common }, (snapshots, signal) => {
              for (const { name, directory, device } of snapshots)
                complain(io, `${name} is ${directory === null ? device : `mounted on ${directory}`}.`);
              return runCommand(words, variablesOf(snapshots), signal);
            }),
          state: snapshotState,
          hints: { 'not-enough-space': 'see --size and --guard.', overflowed: 'see --size and --guard.' },
          status: ({ value }) => (value.status === 0 ? exitStatus.ok : exitStatus.unhealthy),
          // It is the command's.
          quietOutput: flags.json !== true,
        },
        flags,
        io,
      );
      end(status);
    });
  addGuard(command, io, end);
}

/** How a command ended. */
export interface CommandEnd {
  readonly command: string;
  /** Null if a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What there is after a run with snapshots, in a sentence. */
export function snapshotState({ value, snapshots }: Done<WithSnapshotResult<CommandEnd>>): string {
  const how = value.status === null ? `was ended by ${value.signal}` : `ended with status ${value.status}`;
  return `${value.command} ${how}; ${snapshots.map(({ name }) => name).join(', ')} ${snapshots.length > 1 ? 'are' : 'is'} removed.`;
}

/** The variables by which a command finds the snapshots: of the first without a number, of all with theirs. */
export function variablesOf(snapshots: readonly Snapshot[]): Readonly<Record<string, string>> {
  const of = ({ name, device, directory }: Snapshot, suffix: string) => [
    [`DEVMAPPER_SNAPSHOT${suffix}`, name],
    [`DEVMAPPER_DEVICE${suffix}`, device],
    ...(directory === null ? [] : [[`DEVMAPPER_DIRECTORY${suffix}`, directory]]),
  ];
  const [first] = snapshots;
  const numbered = snapshots.flatMap((snapshot, index) => of(snapshot, `_${index + 1}`));
  return Object.fromEntries([...(first === undefined ? [] : of(first, '')), ...numbered]);
}

/** Runs a command without a shell, with our standard streams; ended with SIGTERM when the signal fires, and waited for. */
export async function runCommand(
  [command = '', ...args]: readonly string[],
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<CommandEnd> {
  if (signal.aborted) throw abortError(signal);
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...variables } });
  const forget = onAbort(signal, () => child.kill('SIGTERM'));
  try {
    const [status, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return { command, status, signal: by };
  } finally {
    forget();
  }
}

interface SnapshotFlags extends WorkflowFlags {
  readonly size?: string;
  readonly name?: string;
  readonly guard?: boolean;
  readonly mount: boolean;
  readonly directory?: string;
  readonly tag?: readonly string[];
}

function toOptions(volumes: readonly string[], flags: SnapshotFlags): WithSnapshotOptions {
  const { size, name, guard, mount, directory, tag } = flags;
  return { volumes, size, name, guard, tags: tag, mount: mount ? directory : false };
}

const help = `
COMMAND is run without a shell. It finds the directory that the snapshot is mounted on
in DEVMAPPER_DIRECTORY, the device in DEVMAPPER_DEVICE, the snapshot's name in
DEVMAPPER_SNAPSHOT; of several those of each in DEVMAPPER_DIRECTORY_1, _2 and so on.
The snapshots are removed in any case, also after Ctrl-C. If one overflows, COMMAND is
ended, and what it did is not to be trusted: --guard, or more --size.
"devmapper snapshot guard --help": a snapshot that is there, or a thin pool.

Exit status: 0 all well; 1 COMMAND failed, or it was not done, standard error says what
is left; 2 wrong usage, or no --yes without a terminal; 3 lvm could not be asked.

Examples:
  devmapper snapshot vg/home -- sh -c 'tar -C "$DEVMAPPER_DIRECTORY" -czf /backup/home.tgz .'
  devmapper snapshot vg/home --size 2GiB --guard -- sh -c 'restic backup "$DEVMAPPER_DIRECTORY"'
  devmapper snapshot vg/home vg/data --dry-run`;
