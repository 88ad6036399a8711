import { readdirSync, readFileSync, statSync } from 'node:fs';
import { devicesFromSysfs } from '../sysfs.ts';
import { type Check, ok, problem, unknown } from './check.ts';
import { commandVersion } from './command-version.ts';

/** Whether this process may ask; `isRefused` if the driver has just said that it may not. */
export function checkPrivilege(status = readFileSync('/proc/self/status', 'utf8'), isRefused = false): Check {
  const effective = /^CapEff:\s*([\da-f]{1,16})$/im.exec(status)?.[1];
  if (effective === undefined) return unknown('privilege', '/proc/self/status does not tell');
  // include/uapi/linux/capability.h, CAP_SYS_ADMIN.
  if (((BigInt(`0x${effective}`) >> 21n) & 1n) === 1n) {
    if (!isRefused) return ok('privilege', 'CAP_SYS_ADMIN');
    return problem(
      'privilege',
      'CAP_SYS_ADMIN counts in a user namespace only, or a container may not open /dev/mapper/control',
      'Run in the initial user namespace; a container needs --device /dev/mapper/control as well.',
    );
  }
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

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
