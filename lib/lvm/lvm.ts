import { invalidType, requireOnly, requireTimeout } from '../arguments.ts';
import type { DeviceMapper } from '../device-mapper.ts';
import { type BoundTree, bindTree } from './bind.ts';
import { operations } from './commands/index.ts';
import { requireConfig } from './config.ts';
import { ownSettings } from './environment.ts';
import type { Context } from './execute.ts';
import { type Jobs, jobsOf } from './jobs/find.ts';
import { requireBoolean } from './option.ts';
import { type Reports, reportsOf } from './reports.ts';
import { type RunSettings, runLvm } from './run.ts';
import { createSerial } from './serial.ts';
import type { Hindrance } from './stuck.ts';

/** How an instance reaches lvm. */
export interface LvmOptions {
  /** Path of the lvm program; default is `lvm` in /usr/sbin, /sbin, /usr/bin, /bin or on the PATH. */
  readonly binary?: string | undefined;
  /** Words before it, for hosts where lvm is reached through another: `['nsenter', '-t', '1', '-m', '-i', '--']`. */
  readonly prefix?: readonly string[] | undefined;
  /** Settings in lvm.conf(5)'s syntax for this instance (`--config`). */
  readonly config?: string | undefined;
  /** The only devices that lvm may look at (`--devices`); an incomplete list makes groups look partial. */
  readonly devices?: readonly string[] | undefined;
  /** Name of a devices file below /etc/lvm/devices (`--devicesfile`). */
  readonly devicesFile?: string | undefined;
  /** Name of a command profile (`--commandprofile`). */
  readonly profile?: string | undefined;
  /** Variables for lvm's otherwise clean environment, such as `LVM_SYSTEM_DIR`. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /**
   * Milliseconds that a call may take before its command is ended with SIGTERM, see `timeout` of the calls, unless the
   * call says otherwise; default none.
   */
  readonly timeout?: number | undefined;
  /**
   * Is told of a command that waits for a udev cookie or for another process's lock: within some seconds, and again when
   * it is another. The command waits on, as its `signal` and `timeout` allow. Default: a process warning
   * `DEVMAPPER_LVM_STUCK` for a cookie that nobody completes, on which lvm hangs for ever, and nothing for a lock.
   */
  readonly onStuck?: ((hindrance: Hindrance, command: readonly string[]) => void) | undefined;
  /** Whether commands are only gone through, with lvm's `--test`; jobs are then found and watched, not changed. */
  readonly test?: boolean | undefined;
  /** Where jobs see how far the kernel is, and when it is done. Without it lvm is asked, which takes it longer. */
  readonly dm?: DeviceMapper | undefined;
}

/**
 * LVM's commands as functions, by LVM's own names. Those that change one group run one after another, reports beside
 * them. Nothing runs through a shell; lvm is ended with SIGTERM at most.
 */
export type Lvm = BoundTree<typeof operations> & Reports & { readonly jobs: Jobs };

/** Opens instances. Opening runs nothing. */
export const Lvm = { open } as const;

function open(options: LvmOptions = {}): Lvm {
  requireOnly(options, [
    ...['binary', 'prefix', 'config', 'devices', 'devicesFile', 'profile', 'environment', 'timeout', 'test'],
    ...['dm', 'onStuck'],
  ]);
  const settings = toSettings(options);
  const onStuck = options.onStuck === undefined ? warn : requireFunction('onStuck', options.onStuck);
  const context: Context = {
    run: (run) => runLvm(settings, { ...run, onHindrance: (hindrance) => onStuck(hindrance, run.argv) }),
    serial: createSerial(),
    timeout: options.timeout === undefined ? undefined : requireTimeout(options.timeout),
    test: options.test === undefined ? false : requireBoolean('test', options.test),
    dm: options.dm === undefined ? undefined : requireDeviceMapper(options.dm),
  };
  return { ...bindTree(operations, context), ...reportsOf(context), jobs: jobsOf(context) };
}

function warn(hindrance: Hindrance, [subcommand = '']: readonly string[]): void {
  if (hindrance.kind !== 'udev-stuck') return;
  const cookies = hindrance.cookies.join(', ');
  process.emitWarning(`lvm ${subcommand} waits for udev, which has not completed the cookie ${cookies}`, {
    type: 'LvmWarning',
    code: 'DEVMAPPER_LVM_STUCK',
    detail: '"dmsetup udevcomplete COOKIE" lets it go on; without udevd, udev_sync must be off.',
  });
}

function requireFunction<F>(name: string, value: F): F {
  if (typeof value === 'function') return value;
  throw invalidType(name, 'a function', value);
}

function requireDeviceMapper(dm: DeviceMapper): DeviceMapper {
  if (typeof (dm as { monitor?: unknown } | null)?.monitor === 'function') return dm;
  throw invalidType('dm', 'a DeviceMapper', dm);
}

function toSettings(options: LvmOptions): RunSettings {
  return {
    binary: text('binary', options.binary ?? 'lvm'),
    prefix: texts('prefix', options.prefix ?? []),
    environment: variables(options.environment ?? {}),
    config: configuration(options.config ?? ''),
    devices: texts('devices', options.devices ?? []),
    devicesFile: options.devicesFile === undefined ? undefined : text('devicesFile', options.devicesFile),
    profile: options.profile === undefined ? undefined : text('profile', options.profile),
  };
}

// The log and the reports are ours to configure: without them no command could be understood.
function configuration(given: string): string {
  requireConfig(text('config', given, 'empty'), ownSettings);
  return given;
}

function variables(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  requireOnly(given, Object.keys(given), 'environment');
  for (const [name, value] of Object.entries(given)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw invalidType('environment', 'names of variables', name);
    text(`environment.${name}`, value, 'empty');
  }
  return { ...given };
}

function texts(name: string, values: readonly string[]): readonly string[] {
  if (!Array.isArray(values)) throw invalidType(name, 'a list', values);
  return values.map((value, index) => text(`${name}[${index}]`, value));
}

function text(name: string, value: string, empty: 'empty' | 'filled' = 'filled'): string {
  if (typeof value !== 'string') throw invalidType(name, 'text', value);
  if ((value !== '' || empty === 'empty') && !value.includes('\0')) return value;
  throw Object.assign(new TypeError(`"${name}" must be text without NUL characters`), {
    code: 'ERR_INVALID_ARG_VALUE',
  });
}
