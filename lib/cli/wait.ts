import { type Command, Option } from 'commander';
import type { Device } from '../device.ts';
import type { DeviceMapper } from '../device-mapper.ts';
import { DmError } from '../errors.ts';
import { hopelessness } from '../monitor/hopeless.ts';
import type { WatchedDevice } from '../monitor/types.ts';
import type { Milestone } from '../monitor/wait.ts';
import { formatSeconds } from '../view/duration.ts';
import { groupByVolume, speakerOf } from '../view/volumes.ts';
import { asking, withLibraryOption } from './asking.ts';
import { parseDuration } from './duration.ts';
import { type ExitStatus, exitStatus } from './exit.ts';
import { choose } from './find.ts';
import { complain, type End, type Io, writeLines } from './io.ts';
import { endLine, logLine, logPace, type Step, stepMaker, terminalLine } from './wait-progress.ts';

/** Adds `devmapper wait NAME --until STATE`. */
export function addWait(program: Command, io: Io, end: End): void {
  withLibraryOption(program.command('wait').argument('<NAME>', 'what to wait for'))
    .description('wait until a mirror or RAID is in sync, or a snapshot is merged')
    .addOption(
      new Option('--until <state>', 'what is waited for')
        .choices(['in-sync', 'merged'])
        .makeOptionMandatory(),
    )
    .option('--timeout <duration>', 'give up after this time, such as 500ms, 30s, 10m, 2h', parseDuration)
    .addHelpText('after', help)
    .action(async (name: string, options: WaitOptions) => {
      const { until: milestone, timeout, library } = options;
      await asking({ ...(library && { library }) }, async (dm) => {
        const found = find(name, await dm.devices());
        if ('problem' in found) {
          complain(io, found.problem);
          end(exitStatus.unanswered);
          return;
        }
        end(await wait(dm, { ...found, milestone, timeout }, io));
      });
    });
}

/** What is waited for. */
export interface Wanted {
  /** The stored name of the device. */
  readonly name: string;
  readonly title: string;
  readonly milestone: Milestone;
  /** Milliseconds; undefined: as long as it takes. */
  readonly timeout: number | undefined;
}

/** Waits, showing progress; the exit status. Rejects if the device could not be asked. */
export async function wait(
  dm: Pick<DeviceMapper, 'waitFor'>,
  { name, title, milestone, timeout }: Wanted,
  io: Io,
): Promise<ExitStatus> {
  const progress = io.look.width === undefined ? logProgress(io) : terminalProgress(io);
  const toStep = stepMaker(title);
  const state = milestone.replace('-', ' ');
  const start = performance.now();
  const hope = new AbortController();
  let first: WatchedDevice | undefined;
  let last: WatchedDevice | undefined;
  let lost: string | undefined;
  const onProgress = (device: WatchedDevice): void => {
    first ??= device;
    lost ??= hopelessness(milestone, device, first);
    if (lost !== undefined) hope.abort();
    else if (device !== last) progress.show(toStep(device));
    last = device;
  };
  try {
    const limits = { timeout, interval: lookInterval, signal: hope.signal, onProgress };
    await dm.waitFor({ name }, milestone, limits);
    progress.end();
    await writeLines(io, [endLine(title, state, performance.now() - start)]);
    return exitStatus.ok;
  } catch (error) {
    progress.end();
    const { status, words } = outcomeOf(error, lost, last);
    if (status === undefined) throw error;
    const time = formatSeconds(Math.round((performance.now() - start) / 1000));
    complain(
      io,
      status === exitStatus.timedOut
        ? `${title} is not ${state} after ${time}${words}.`
        : `${title} ${words}.`,
    );
    return status;
  }
}

// A wait's own errors have its name as their operation; others are of the asking.
function outcomeOf(
  error: unknown,
  lost: string | undefined,
  last: WatchedDevice | undefined,
): { readonly status: ExitStatus | undefined; readonly words: string } {
  if (lost !== undefined) return { status: exitStatus.unhealthy, words: lost };
  if (!(error instanceof DmError) || error.operation !== 'wait') return { status: undefined, words: '' };
  switch (error.reason) {
    case 'timed-out':
      return { status: exitStatus.timedOut, words: last?.staleSince == null ? '' : ', and gives no answer' };
    case 'no-device':
      return { status: exitStatus.unhealthy, words: 'went away' };
    case 'other':
      return { status: exitStatus.unhealthy, words: error.log.join(', ').replace(/^it /, '') };
    default:
      return { status: undefined, words: '' };
  }
}

interface WaitOptions {
  readonly until: Milestone;
  readonly timeout?: number;
  readonly library?: string;
}

// A bar that moves twice a second looks alive.
const lookInterval = 500;

const help = `
A merge is waited for by the name of the origin. On a terminal a bar shows how far
it is, elsewhere a line every tenth or 30 seconds.

Exit status: 0 it came; 1 it cannot come any more, because the device has failed or
went away; 3 device-mapper could not be asked; 124 the time was up; 130 SIGINT.

Examples:
  devmapper wait vg/home --until in-sync && echo "both disks hold it now"
  devmapper wait vg/root --until merged --timeout 2h`;

function find(
  name: string,
  devices: readonly Device[],
): { readonly name: string; readonly title: string } | { readonly problem: string } {
  const groups = groupByVolume(devices);
  const { devices: chosen, layers, problems } = choose([name], groups);
  const [group] = groupByVolume(chosen);
  if (group === undefined) return { problem: problems[0] ?? name };
  const speaker = speakerOf(group, (device) => (device.source === 'ioctl' ? device.targets : []));
  const isLayer = layers.has(speaker.device.name);
  return { name: speaker.device.name, title: isLayer ? name : group.title };
}

interface Progress {
  show(step: Step): void;
  end(): void;
}

function logProgress(io: Io): Progress {
  const isDue = logPace();
  return {
    show(step) {
      if (isDue(step, performance.now())) io.output.write(`${logLine(step)}\n`);
    },
    end() {},
  };
}

function terminalProgress(io: Io): Progress {
  let isDrawn = false;
  return {
    show(step) {
      // A terminal that is slow, or stopped, gets the newest step only.
      if (io.output.writableNeedDrain) return;
      io.output.write(`\r${terminalLine(step, widthNow(io))}\x1b[K`);
      isDrawn = true;
    },
    end() {
      if (isDrawn) io.output.write('\r\x1b[K');
      isDrawn = false;
    },
  };
}

// The terminal may have been resized.
function widthNow({ look, output }: Io): Io['look'] {
  return 'columns' in output && typeof output.columns === 'number' && output.columns > 0
    ? { ...look, width: output.columns }
    : look;
}
