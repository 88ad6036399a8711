import { invalidType } from '../../arguments.ts';
import { runProgram } from './program.ts';

export { removeDirectory, temporaryDirectory } from './mount-point.ts';
export { unmountAll } from './unmounting.ts';

/**
 * Mounts a block device on a directory that exists, by mount(8) of util-linux. Rejects with an Error that has what mount
 * said, with a TypeError for what cannot be an argument, and with an `AbortError` when the signal fires: then it can be
 * mounted all the same, if the kernel was faster.
 */
export async function mountVolume(
  device: string,
  directory: string,
  options: readonly string[],
  type?: string,
  signal?: AbortSignal,
): Promise<void> {
  const argv = mountArguments(device, directory, options, type);
  const { status, stderr } = await runProgram(argv, 'util-linux', signal);
  if (status === 0) return;
  const why =
    stderr === '' ? `mount ended with ${status === null ? 'a signal' : `status ${status}`}` : stderr;
  throw new Error(`${device} could not be mounted on ${directory}: ${why}`);
}

/** The command line of {@link mountVolume}. Throws a TypeError for a relative path, or an option that would be two. */
export function mountArguments(
  device: string,
  directory: string,
  options: readonly string[],
  type?: string,
): readonly string[] {
  requirePath('device', device);
  requirePath('directory', directory);
  if (type !== undefined && !/^[A-Za-z0-9_.]+$/.test(type))
    throw invalidType('type', 'the name of a file system type', type);
  for (const option of options)
    if (!/^[^,\s\0]+$/.test(option)) throw invalidType('options', 'mount options, one an item', option);
  return [
    'mount',
    ...(type === undefined ? [] : ['-t', type]),
    ...(options.length === 0 ? [] : ['-o', options.join(',')]),
    ...['--', device, directory],
  ];
}

function requirePath(name: string, value: string): void {
  if (!value.startsWith('/') || value.includes('\0')) throw invalidType(name, 'an absolute path', value);
}
