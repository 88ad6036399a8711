import { DmError } from '../errors.ts';
import { printable } from '../view/printable.ts';

/** What the process ends with. Documented in docs/cli.md; `decode` and `doctor` use 1 in their own sense. */
export const exitStatus = {
  ok: 0,
  /**
   * Something is unhealthy (`status --check`), not understood (`decode`), wrong (`doctor`), lost (`wait`), or was not done
   * (what changes things).
   */
  unhealthy: 1,
  usage: 2,
  /** Device-mapper or lvm could not be asked, or not about everything that was named. */
  unanswered: 3,
  /** `wait` ended before what it waits for came, as timeout(1) says it. */
  timedOut: 124,
  /** Ended by SIGHUP, as a shell reports it: 128 and the signal's number. */
  hungUp: 129,
  /** Ended by SIGINT. */
  interrupted: 130,
  /** Ended by SIGQUIT. */
  quit: 131,
  /** Ended by SIGTERM. */
  terminated: 143,
} as const;

/** One of {@link exitStatus}. */
export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** The line for standard error and the exit status that an error of a subcommand comes to; never a stack trace. */
export function explainError(error: unknown): { readonly line: string; readonly status: ExitStatus } {
  const message = error instanceof Error ? error.message : String(error);
  const isUsage =
    !(error instanceof DmError) &&
    error instanceof Error &&
    'code' in error &&
    usageCodes.has(String(error.code));
  return {
    line: `devmapper: ${printable(message)}`,
    status: isUsage ? exitStatus.usage : exitStatus.unanswered,
  };
}

const usageCodes = new Set([
  ...['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE'],
  'ERR_LVM_NAME_INVALID',
]);
