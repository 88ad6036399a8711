import { readdirSync, readFileSync, statSync } from 'node:fs';
import { DeviceMapper } from '../device-mapper.ts';
import { DmError } from '../errors.ts';
import type { Versions } from '../native.ts';
import { devicesFromSysfs } from '../sysfs.ts';
import { commandVersion } from './command-version.ts';

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  /** `note`: not needed to read status, but good to know. Only `problem` counts as wrong. */
  readonly state: 'ok' | 'note' | 'problem';
  /** What was found. */
  readonly found: string;
  /** What to do about it; null if nothing is to be done. */
  readonly advice: string | null;
}

/** What a question to device-mapper came to. */
export type Asked = { readonly versions: Versions; readonly targets: number } | { readonly error: DmError };

/** Asks for the versions, which needs all that reading needs. */
export async function askForVersions(options: {
  readonly timeout?: number | undefined;
  readonly library?: string | undefined;
}): Promise<Asked> {
  try {
    const dm = DeviceMapper.open(options);
    try {
      return { versions: await dm.version(), targets: (await dm.targets()).length };
    } finally {
      dm.close();
    }
  } catch (error) {
    if (error instanceof DmError) return { error };
    throw error;
  }
}

/** The native part of this package. */
export function checkAddon(asked: Asked): Check {
  if (reasonOf(asked) !== 'no-addon') return ok('addon', 'loaded');
  return problem(
    'addon',
    `cannot be loaded: ${logOf(asked)}`,
    'Run "npm run build:native" in the package; it needs a C++ compiler, make and python3.',
  );
}

/** libdevmapper. */
export function checkLibrary(asked: Asked): Check {
  if ('versions' in asked) return ok('library', `libdevmapper ${asked.versions.library}`);
  const reason = reasonOf(asked);
  if (reason === 'no-addon') return unknown('library', 'the addon looks for it');
  if (reason !== 'no-library')
    return ok('library', 'libdevmapper is loaded; its version comes with an answer of the driver');
  return problem(
    'library',
    `libdevmapper cannot be loaded: ${logOf(asked)}`,
    'Install libdevmapper1.02.1 (Debian, Ubuntu), device-mapper-libs (Fedora, RHEL, Alpine), device-mapper (Arch) or ' +
      'libdevmapper1_03 (SUSE); or name its file with --library.',
  );
}

/** The kernel's driver. */
export function checkDriver(asked: Asked, misc = readText('/proc/misc')): Check {
  if ('versions' in asked) {
    const { driver } = asked.versions;
    return ok('driver', `device-mapper ${driver}, ${asked.targets} target types loaded`);
  }
  if (/^\s*\d+ device-mapper$/m.test(misc))
    return ok('driver', 'in the kernel; its version was not to be had');
  return problem(
    'driver',
    'the kernel offers no device-mapper',
    'Run "modprobe dm-mod" as root; in a container, on its host. A kernel without CONFIG_BLK_DEV_DM has none.',
  );
}

/** Whether this process may ask. */
export function checkPrivilege(status = readText('/proc/self/status')): Check {
  const effective = /^CapEff:\s*([\da-f]{1,16})$/im.exec(status)?.[1];
  if (effective === undefined) return unknown('privilege', '/proc/self/status does not tell');
  // include/uapi/linux/capability.h, CAP_SYS_ADMIN.
  if (((BigInt(`0x${effective}`) >> 21n) & 1n) === 1n) return ok('privilege', 'CAP_SYS_ADMIN');
  return problem(
    'privilege',
    'CAP_SYS_ADMIN is missing: "list" and "tree" work, the others do not',
    'Run as root, or give the process that capability in the initial user namespace.',
  );
}

/** The node that questions go through, and those of the devices. */
export function checkNodes(names: readonly string[], directory = '/dev/mapper'): Check {
  const control = `${directory}/control`;
  try {
    if (!statSync(control).isCharacterDevice())
      return problem(
        'nodes',
        `${control} is no character device`,
        `Remove it and run "dmsetup mknodes" as root.`,
      );
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    return problem(
      'nodes',
      `${control} is missing (${code})`,
      'It comes with the driver, from devtmpfs or "dmsetup mknodes"; a container needs it from its host ' +
        '(--device /dev/mapper/control).',
    );
  }
  const present = new Set(readdirSync(directory));
  const missing = names.filter((name) => !present.has(name));
  if (missing.length === 0) return ok('nodes', `${control} and ${count(names.length, 'device')}`);
  const shown = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', ...' : '');
  return {
    name: 'nodes',
    state: 'note',
    found: `${count(missing.length, 'device')} without a node in ${directory}: ${shown}`,
    advice: 'Run "dmsetup mknodes" as root; is udevd running?',
  };
}

/** sysfs, from which everybody may read. */
export function checkSysfs(root = '/sys'): Check & { readonly names: readonly string[] } {
  try {
    readdirSync(`${root}/block`);
    const names = devicesFromSysfs(root).map(({ name }) => name);
    return { ...ok('sysfs', `${root}, ${count(names.length, 'device-mapper device')}`), names };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const advice = `Mount it: "mount -t sysfs sysfs ${root}".`;
    return { ...problem('sysfs', `cannot be read: ${text}`, advice), names: [] };
  }
}

/** A command that is good to have, but that reading does without. */
export async function checkCommand(
  name: string,
  args: readonly string[],
  label: string,
  advice: string,
): Promise<Check> {
  const answer = await commandVersion(name, args, label);
  if (answer === null)
    return { name, state: 'note', found: 'not installed; status is read without it', advice };
  if ('version' in answer) return ok(name, answer.version);
  return { name, state: 'note', found: `installed, but ${answer.problem}`, advice: null };
}

function ok(name: string, found: string): Check {
  return { name, state: 'ok', found, advice: null };
}

function problem(name: string, found: string, advice: string): Check {
  return { name, state: 'problem', found, advice };
}

function unknown(name: string, why: string): Check {
  return { name, state: 'note', found: `not known: ${why}`, advice: null };
}

function reasonOf(asked: Asked): string | undefined {
  return 'error' in asked ? asked.error.reason : undefined;
}

function logOf(asked: Asked): string {
  return 'error' in asked ? asked.error.log.join('; ') : '';
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
