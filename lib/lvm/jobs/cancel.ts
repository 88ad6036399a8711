import { abortError } from '../../abort.ts';
import { failureOf, toLvmError } from '../errors.ts';
import { type Context, leaveAfter } from '../execute.ts';
import { type Deadline, deadlineOf } from '../limits.ts';
import { parseLog } from '../log.ts';
import type { Outcome } from '../run.ts';
import { groupOf, type LvmState } from '../state.ts';
import { imagesToDrop } from './cancel-mirror.ts';
import { extentsBack, failure } from './ending.ts';
import { look } from './follow.ts';
import type { CancelOutcome } from './job.ts';
import { sameUnderWay, type UnderWay } from './under-way.ts';

/**
 * Ends what is under way, in the way that there is. `added` are the uuids of the images that it is known to have added
 * to a mirror. Rejects with an {@link LvmError}: `unsupported` if there is no way, `timed-out`, or lvm's own; with an
 * `AbortError` if the signal fires before anything is done.
 */
export async function cancel(
  context: Context,
  was: UnderWay,
  added: readonly string[],
  deadline: Deadline,
): Promise<CancelOutcome> {
  requireCancellable(context, was);
  const { signal } = deadline;
  const command = [was.kind === 'pvmove' ? 'pvmove' : 'lvconvert'];
  const notBegun = (error: unknown): never => {
    throw signal?.aborted === true ? abortError(signal) : failureOf(command, error);
  };
  const leave = await context.serial.enter([was.vg], signal, deadline.left()).catch(notBegun);
  let running: Outcome['running'] = null;
  try {
    const before = await look(context, was.vg, deadline).catch(notBegun);
    deadline.check(command);
    if (sameUnderWay(before, was) === undefined) return ended;
    const plan = planOf(before, was, added);
    const outcome = await context.run({ argv: plan.argv, log: 'json', signal, timeout: deadline.left() });
    running = outcome.running;
    if (outcome.exitCode !== 0) throw toLvmError(outcome, parseLog(outcome.report).entries);
    const after = await look(context, was.vg, deadlineOf(undefined, longestLook));
    if (!plan.isOver(after))
      throw failure(
        was,
        'not-done',
        `lvm says that it has ended what ${was.converting} is at, but it goes on`,
        { next: 'Look at lvs -a.' },
      );
    return plan.told(after);
  } finally {
    leaveAfter(running, leave);
  }
}

/** Throws an {@link LvmError} `unsupported` for what cannot be ended, with what to do instead. */
export function requireCancellable({ test }: Pick<Context, 'test'>, was: UnderWay): void {
  const why = obstacleOf(was) ?? (test ? onlyTested : null);
  if (why !== null) throw failure(was, 'unsupported', why.message, { next: why.next });
}

// Milliseconds for the look at what is left, when all else is done.
const longestLook = 10_000;

const onlyTested = {
  message: 'this instance was opened with "test", so it changes nothing, and lvm cannot only try this',
  next: 'Find the job with an instance that was opened without it.',
};

interface Plan {
  readonly argv: readonly string[];
  readonly isOver: (after: LvmState) => boolean;
  readonly told: (after: LvmState) => CancelOutcome;
}

function planOf(before: LvmState, was: UnderWay, added: readonly string[]): Plan {
  if (was.kind === 'pvmove')
    return {
      argv: ['pvmove', '--abort', '--', was.source ?? ''],
      isOver: (after) => sameUnderWay(after, was) === undefined,
      told: (after) => moveCancelled(after, was),
    };
  const { argv, left, dropped } = imagesToDrop(before, was, added);
  return {
    argv,
    // A mirror whose first images are left may have to bring them in sync anew.
    isOver: (after) => !groupOf(after, was.vg)?.lvs.some(({ uuid }) => dropped.includes(uuid)),
    told: () => mirrorCancelled(was, left),
  };
}

function obstacleOf({ kind, vg, lv, source }: UnderWay): { message: string; next: string } | null {
  const name = `${vg}/${lv}`;
  switch (kind) {
    case 'mirror':
      return null;
    case 'merge':
      return {
        message: `a merge cannot be cancelled: ${name} has the snapshot's content from its start on`,
        next: 'Wait for its end; one that waits for its origin begins at the next activation.',
      };
    case 'raid':
      return {
        message: `the kernel brings the images of ${name} in sync whatever is asked for`,
        next: 'Slow it down with "lvchange --maxrecoveryrate", or take a new image out with "lvconvert --mirrors".',
      };
    case 'scrub':
      return {
        message: 'lvm knows no end of a check but its own',
        next: 'It changes nothing of what is in use; slow it down with "lvchange --maxrecoveryrate".',
      };
    case 'pvmove':
      if (source !== null) return null;
      return {
        message: 'the device that is emptied is missing, and pvmove --abort wants its name',
        next: 'Bring the device back, or end all moves of all groups with "pvmove --abort".',
      };
  }
}

const ended: CancelOutcome = {
  outcome: 'ended',
  meaning: 'It had come to its end before it could be cancelled.',
  extentsMoved: null,
  extentsBack: null,
};

function moveCancelled(after: LvmState, was: UnderWay): CancelOutcome {
  const back = extentsBack(after, was);
  const moved = was.extents.reduce((sum, { size }) => sum + size, 0) - back;
  if (back === 0) return { ...ended, extentsMoved: moved, extentsBack: 0 };
  const stay =
    moved === 0 ? 'none has moved' : `${moved} extents of parts that were done stay where they are now`;
  return {
    outcome: 'cancelled',
    meaning: `${back} extents are on ${was.source} again; ${stay}.`,
    extentsMoved: moved,
    extentsBack: back,
  };
}

function mirrorCancelled({ vg, lv }: UnderWay, left: number): CancelOutcome {
  return {
    outcome: 'cancelled',
    meaning: `The new images are gone, and their space is free; ${vg}/${lv} has ${left === 1 ? 'its one copy' : `${left} images`} as before.`,
    extentsMoved: null,
    extentsBack: null,
  };
}
