import { type Command, InvalidArgumentError } from 'commander';
import { DeviceMapper, type OpenOptions } from '../device-mapper.ts';

/** The options of all subcommands that ask device-mapper. */
export interface AskOptions {
  readonly timeout?: number;
  readonly library?: string;
}

/** What `--timeout` is for those that watch: the monitor's `deadline`. */
export const silenceHelp = 'a device that takes longer to answer counts as silent (default: 1000)';

/** Adds `--timeout` and `--library` to a subcommand. */
export function withAskOptions(
  command: Command,
  timeoutHelp = 'give up on a device that has not answered after this time (default: 5000)',
): Command {
  return withLibraryOption(command.option('--timeout <ms>', timeoutHelp, milliseconds));
}

/** Adds `--library` to a subcommand. */
export function withLibraryOption(command: Command): Command {
  return command.option(
    '--library <path>',
    'the file of libdevmapper, where the loader does not find it by itself',
    path,
  );
}

/** Opens device-mapper for the time of `use`. Rejects with what `use` or the opening did. */
export async function asking<T>(options: AskOptions, use: (dm: DeviceMapper) => Promise<T>): Promise<T> {
  const { timeout, library } = options;
  const dm = DeviceMapper.open({ timeout, library } satisfies OpenOptions);
  try {
    return await use(dm);
  } finally {
    dm.close();
  }
}

/** Reads an option that is a number of milliseconds, for commander. */
export function milliseconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 2 ** 31 - 1) return value;
  throw new InvalidArgumentError('It must be a whole number of milliseconds, from 1 to 2147483647.');
}

function path(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It must be the path of a file.');
}
