import { errorText } from '../errors.ts';
import { mountVolume } from './mounting.ts';
import { type MountLine, mountsOf } from './mounts.ts';
import { runProgram } from './program.ts';

/**
 * Mounts a block device again where it was mounted before, each with the options that it had; where it is mounted still,
 * that is left. Goes on after a failure, and resolves with what could not be done, a clause each. Never rejects.
 */
export async function remountAll(device: string, before: readonly MountLine[]): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const mount of before) {
    try {
      const now = await mountsOf(device);
      if (!now.some(({ target }) => target === mount.target)) await remount(device, mount);
    } catch (error) {
      failures.push(`${mount.target}: ${errorText(error)}`);
    }
  }
  return failures;
}

/** The options that a mount is made with, and those that it is given then; null: it needs none. Throws nothing. */
export function remountOptions({ options, filesystem }: Pick<MountLine, 'options' | 'filesystem'>): {
  readonly made: readonly string[];
  readonly changed: readonly string[] | null;
} {
  // The kernel shows it where SELinux is on, and takes it from nobody.
  const [access = 'rw', ...rest] = options.filter((option) => option !== 'seclabel');
  // The second mount of a file system is refused (EBUSY) if its access is another one than the file system's.
  return {
    made: [filesystem, ...rest],
    changed:
      access === filesystem ? null : ['remount', 'bind', access, ...rest.filter((one) => ofMount.has(one))],
  };
}

async function remount(device: string, mount: MountLine): Promise<void> {
  const { target, type } = mount;
  const { made, changed } = remountOptions(mount);
  await mountVolume(device, target, made, type);
  if (changed === null) return;
  const { status, stderr } = await runProgram(['mount', '-o', changed.join(','), '--', target], 'util-linux');
  if (status !== 0)
    throw new Error(`it is mounted, but not with ${mount.options.join(',')} as it was: ${stderr}`);
}

// What is a mount's own, and would be lost if it were not named again: show_mnt_opts() of fs/proc_namespace.c.
const ofMount = new Set([
  ...['nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime', 'nosymfollow'],
]);
