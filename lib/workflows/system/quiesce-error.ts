import type { Held } from './holding.ts';

/**
 * What `quiesce` rejects with, given what stopped it, the file system that was being worked on (none: it was not yet
 * begun), all of them, and the deadline in milliseconds. The `code` stays; an `AbortError` stays as it is.
 */
export function quiesceError(
  error: NodeJS.ErrnoException,
  acting: Held | undefined,
  all: readonly Held[],
  how: 'freeze' | 'sync',
  deadline: number,
): Error {
  const { code = 'UNKNOWN' } = error;
  const target = acting?.mount.target ?? all.map(({ mount }) => mount.target).join(', ');
  const verb = how === 'freeze' ? 'frozen' : 'flushed';
  const hangs = `process ${acting?.keeper.pid} still waits for its disk${how === 'freeze' ? ', and thaws it then' : ''}`;
  const late = `${target} could not be ${verb} within ${deadline} ms${acting === undefined ? '' : `: ${hangs}`}`;
  if (code === 'ABORT_ERR') return error;
  const message =
    code === 'ETIMEDOUT'
      ? late
      : code === 'EBUSY' && how === 'freeze'
        ? `${target} is frozen already, by somebody else; "fsfreeze --unfreeze" thaws it`
        : code === 'EOPNOTSUPP'
          ? `${target} cannot be frozen: ${acting?.mount.type ?? 'its file system'} has no such thing`
          : code === 'EPERM' || code === 'EACCES'
            ? `${target} may not be ${verb} by this process: it needs CAP_SYS_ADMIN`
            : `${target} could not be ${verb}: ${error.message}`;
  return Object.assign(new Error(message, { cause: error }), { code });
}
