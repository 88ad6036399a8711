import { type Command, InvalidArgumentError } from 'commander';
import { formatSectors } from '../units.ts';
import { formatSeconds } from '../view/duration.ts';
import { WorkflowError } from '../workflows/errors.ts';
import type { Guard, GuardEvent } from '../workflows/guard/guard-events.ts';
import { guardPool } from '../workflows/guard/guard-pool.ts';
import { guardSnapshot } from '../workflows/guard/guard-snapshot.ts';
import type { Tools } from '../workflows/tools.ts';
import { withLibraryOption } from './asking.ts';
import { parseDuration } from './duration.ts';
import { type ExitStatus, exitStatus } from './exit.ts';
import { complain, type End, type Io, writeLines } from './io.ts';
import { toJson } from './json.ts';
import { given, parseSize } from './workflow-options.ts';
import { openTools } from './workflow-run.ts';
import { takeSignals } from './workflow-signals.ts';

/** Adds `devmapper snapshot guard VG/LV`. */
export function addGuard(snapshot: Command, io: Io, end: End): void {
  withLibraryOption(
    snapshot
      .command('guard')
      .argument('<VG/LV>', 'a snapshot, or a thin pool')
      .description('extend a snapshot or a thin pool before it is full, and say early when that will not do')
      .option('--threshold <percent>', 'how full it may be before it is extended (default: 70)', percent)
      .option(
        '--headroom <duration>',
        'room that there has to be, by the rate of writing (default: 2s)',
        parseDuration,
      )
      .option('--step <size>', 'what it grows by at least; of a pool, its data (default: a fifth)', parseSize)
      .option('--budget <size>', 'what it may grow by in all; a pool: data and metadata together', parseSize)
      .option('--maximum <size>', 'what it may have at most; a pool: data and metadata together', parseSize)
      .option('--beside-dmeventd', 'also if dmeventd extends it')
      .option('--json', 'a JSON line for each event'),
  )
    .addHelpText('after', help)
    .action(async (volume: string, flags: GuardFlags) => {
      // Given to "snapshot", which would do nothing with it.
      const early = snapshot.options.find(
        (option) => snapshot.getOptionValueSource(option.attributeName()) === 'cli',
      );
      if (early !== undefined) {
        complain(io, `snapshot guard: ${early.long} stands before "guard"; its options stand behind it.`);
        end(exitStatus.usage);
        return;
      }
      const status = await openTools(flags, (tools) => watch(tools, volume, flags, io));
      end(status);
    });
}

/** What a guard tells, as a line. */
export function guardLine(event: GuardEvent): string {
  const { volume, part } = event;
  const name = part === 'snapshot' ? volume : `${volume} ${part}`;
  switch (event.kind) {
    case 'usage': {
      const rate = event.rate > 0 ? `, ${sizeText(BigInt(Math.round(event.rate)))}/s` : '';
      return `${name}  ${(event.ratio * 100).toFixed(2)}% of ${sizeText(event.size)}${rate}`;
    }
    case 'extended':
      return `${name}  extended from ${sizeText(event.from)} to ${sizeText(event.to)}`;
    case 'safe':
      return `${name}  has ${sizeText(event.size)}, as much as it can ever use: it cannot overflow`;
    case 'unprotectable':
      return `${name}  ${event.message}${event.fullIn === null ? '' : ` (full in ${formatSeconds(event.fullIn / 1000)})`}`;
    case 'overflowed':
    case 'failed':
    case 'gone':
      return `${name}  ${event.message}`;
  }
}

/** Whether it is an event that what is guarded is lost, or its volumes fail. */
export function isLoss({ kind, part }: GuardEvent): boolean {
  return kind === 'failed' || (kind === 'overflowed' && part === 'snapshot');
}

async function watch(tools: Tools, volume: string, flags: GuardFlags, io: Io): Promise<ExitStatus> {
  const { signal, status, end } = takeSignals(
    () => complain(io, 'to be ended, after an extension that is under way.'),
    () => complain(io, 'it waits for lvextend.'),
  );
  let lost = false;
  try {
    const guard = await openGuard(tools, volume, flags, signal);
    for await (const event of guard) {
      lost ||= isLoss(event);
      await writeLines(io, [flags.json === true ? toJson(event) : guardLine(event)]);
    }
    await guard.done;
    complain(io, `${volume} is no longer guarded.`);
    return lost ? exitStatus.unhealthy : (status() ?? exitStatus.ok);
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    complain(io, error.message);
    if (error.reason === 'foreign') complain(io, 'see --beside-dmeventd.');
    return error.reason === 'not-found' ? exitStatus.unanswered : exitStatus.unhealthy;
  } finally {
    end();
  }
}

async function openGuard(
  tools: Tools,
  volume: string,
  flags: GuardFlags,
  signal: AbortSignal,
): Promise<Guard> {
  const { threshold, headroom, step, budget, maximum, besideDmeventd } = flags;
  const [when, bounds] = [given({ threshold, headroom }), given({ budget, maximum })];
  const [row] = await tools.lvm.lvs({ targets: [volume], signal });
  const common = { signal, ...given({ besideDmeventd }) };
  if (row?.segtype === 'thin-pool')
    return guardPool(tools, {
      pool: volume,
      data: { ...when, ...given({ step }) },
      metadata: when,
      ...bounds,
      ...common,
    });
  return guardSnapshot(tools, { snapshot: volume, ...when, ...given({ step }), ...bounds, ...common });
}

interface GuardFlags {
  readonly threshold?: number;
  readonly headroom?: number;
  readonly step?: string;
  readonly budget?: string;
  readonly maximum?: string;
  readonly besideDmeventd?: boolean;
  readonly json?: boolean;
  readonly library?: string;
}

function percent(text: string): number {
  const value = /^\d{1,2}(?:\.\d{1,2})?%?$/.test(text) ? Number.parseFloat(text) : 0;
  if (value > 0) return value / 100;
  throw new InvalidArgumentError('It must be a percentage above 0 and below 100, such as 70.');
}

function sizeText(bytes: bigint): string {
  return formatSectors(bytes / 512n);
}

const help = `
It ends when the snapshot cannot overflow any more, is removed, or with Ctrl-C.

Exit status: 0 nothing more to guard; 1 the snapshot is lost, the pool has failed, or it
cannot be guarded; 2 wrong usage; 3 no such volume, or lvm could not be asked;
130 SIGINT.

Examples:
  devmapper snapshot guard vg/home_snap --budget 4GiB
  devmapper snapshot guard vg/pool --threshold 80 --json`;
