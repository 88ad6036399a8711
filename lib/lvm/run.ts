import { runSheltered } from '../shelter.ts';
import { environmentOf, globalArguments } from './environment.ts';
import { type Deadline, deadlineOf, within } from './limits.ts';
import { startProcess, watchOver } from './process.ts';
import type { Hindrance } from './stuck.ts';
import { type Facilities, probeFacilities, unknownFacilities } from './udev.ts';

/** How one `Lvm` instance reaches lvm: the same for all its commands. */
export interface RunSettings {
  /** Path of the lvm program, or its name, which is looked for in /usr/sbin, /sbin, /usr/bin, /bin and PATH. */
  readonly binary: string;
  /** Words before the binary, such as `['nsenter', '-t', '1', '-m', '-i', '--']`; it has to hand on environment and fd 3. */
  readonly prefix: readonly string[];
  /** Added to the clean environment; the only way in for `LVM_SYSTEM_DIR` and its like. */
  readonly environment: Readonly<Record<string, string>>;
  /** lvm.conf(5) syntax, before ours in the one `--config`; `''` for none. */
  readonly config: string;
  /** The only devices that lvm may look at (`--devices`); empty for all. */
  readonly devices: readonly string[];
  /** `--devicesfile`; `undefined` for lvm's own choice. */
  readonly devicesFile: string | undefined;
  /** `--profile`, a command profile; `undefined` for none. */
  readonly profile: string | undefined;
}

/** One command to run. */
export interface Run {
  /** The subcommand first: `['lvcreate', '--type', 'linear', ...]`. */
  readonly argv: readonly string[];
  /** `json`: lvm's command log and report as JSON on fd 3. `none`: plain text, no fd 3. */
  readonly log: 'json' | 'none';
  /** Is given each line of standard output as it comes, without its end; for `log: 'none'`. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Sends SIGTERM when it fires. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until SIGTERM is sent, the look for udevd before the first command included; none if left out. */
  readonly timeout?: number | undefined;
  /** Is told what the command waits for: looked for every five seconds, and told whenever it is another than before. */
  readonly onHindrance?: ((hindrance: Hindrance) => void) | undefined;
  /** Milliseconds to wait for the exit after SIGTERM before the promise resolves without it; default 5000. */
  readonly grace?: number | undefined;
}

/** How a command ended and all that it wrote. */
export interface Outcome {
  /** Everything that was spawned: prefix, binary, subcommand, our options, the rest. */
  readonly argv: readonly string[];
  /** `null` if a signal ended it, if it is still running, or if it was never started. */
  readonly exitCode: number | null;
  /** The signal that ended it, or `null`. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What came on fd 3; `''` with `log: 'none'`. */
  readonly report: string;
  /** `exited`: of itself. `aborted`, `timed-out`: SIGTERM was sent; `exitCode` may still be 0, then it is done. */
  readonly ended: 'exited' | 'aborted' | 'timed-out';
  /** `false` if an output was cut at its bound or is not UTF-8. */
  readonly complete: boolean;
  /** Milliseconds. */
  readonly duration: number;
  /** What it was waiting for when its time was up or it was aborted, as far as could be seen; `null` if nothing was. */
  readonly hindrance: Hindrance | null;
  /**
   * `null` if the process is gone. Otherwise it did not exit in the grace after SIGTERM (it waits in the kernel or for
   * udev, where no signal reaches it): the promise resolves, and never rejects, when it has exited.
   */
  readonly running: Promise<Outcome> | null;
}

/**
 * Runs one lvm command, without a shell. Whatever lvm does is told in the outcome; rejects only with an LvmError
 * `no-lvm`, `no-permission` or `other` if it cannot be started, and with a TypeError for settings that cannot be.
 *
 * Abort and timeout send SIGTERM, once, and wait for the exit; nothing ever sends SIGKILL, by which lvm leaves half-made
 * volumes and suspended devices. lvm blocks signals while it changes metadata, so it ends before or after, not in it.
 */
export async function runLvm(settings: RunSettings, run: Run): Promise<Outcome> {
  const deadline = deadlineOf(run.signal, run.timeout);
  const facilities = await facilitiesOf(settings, deadline);
  const [subcommand = '', ...rest] = run.argv;
  const argv = [
    ...[...settings.prefix, settings.binary, subcommand],
    ...[...globalArguments(settings, run.log, facilities ?? unknownFacilities), ...rest],
  ];
  const environment = environmentOf(settings, run.log, facilities ?? unknownFacilities, process.env);
  if (run.signal?.aborted === true) return notStarted(argv, 'aborted');
  if (facilities === null) return notStarted(argv, 'timed-out');
  return runSheltered(
    async () => {
      const child = await startProcess(argv, environment, run.log);
      return watchOver(child, argv, { ...run, timeout: deadline.left() });
    },
    ({ signal }) => signal,
  );
}

const probed = new WeakMap<RunSettings, Promise<Facilities | null>>();

// Once for each instance, but again after a probe without an answer. A udevd that dies later is told of as a hindrance.
// Null if the command's own time was up first.
async function facilitiesOf(settings: RunSettings, deadline: Deadline): Promise<Facilities | null> {
  const known = probed.get(settings) ?? probeFacilities(settings.prefix);
  probed.set(settings, known);
  const late = new Error('the probe is not done yet');
  const found = await within(known, deadline, () => late).catch(() => 'late' as const);
  if (found === 'late') return null;
  if (found === null && probed.get(settings) === known) probed.delete(settings);
  return found ?? unknownFacilities;
}

function notStarted(argv: readonly string[], ended: 'aborted' | 'timed-out'): Outcome {
  return {
    ...{ argv, exitCode: null, signal: null, stdout: '', stderr: '', report: '', ended },
    ...{ complete: true, duration: 0, hindrance: null, running: null },
  };
}
