import { Refusal } from '../errors.ts';
import { requireMountPoint } from '../mounted.ts';
import type { Tools } from '../tools.ts';
import type { Prepared } from '../workflow.ts';
import { contentsOf } from './split-copy.ts';
import { leftoverSteps } from './split-leftovers.ts';
import { lookForSplit, requireSplittable, type SplitLook } from './split-look.ts';
import { planQuiet } from './split-quiet.ts';
import type { SplitCallback, TrackedSplitOptions, TrackedSplitResult } from './split-types.ts';
import { imageToSplit, numberOf, pathOf } from './tracked-image.ts';
import { type Tracked, trackedSteps } from './tracked-steps.ts';

/** A split for a while, looked at and planned. Rejects with a {@link Refusal}. */
export async function prepareTracked<T>(
  tools: Tools,
  options: TrackedSplitOptions,
  callback: SplitCallback<T>,
  signal: AbortSignal | undefined,
): Promise<Prepared<TrackedSplitResult<T>>> {
  const { volume, devices, quiesce, mount = false } = options;
  const look = await lookForSplit(tools, volume, signal);
  requireSplittable(
    look,
    ['raid1'],
    look.row.segtype === 'mirror'
      ? 'A mirror of this type can only be split for good: give a name instead of tracked.'
      : 'Make it one with addMirror.',
  );
  const { row, state, copies } = look;
  const path = pathOf(row);
  const image = imageToSplit(state, row, devices);
  const quiet = await planQuiet(tools, path, quiesce);
  if (mount !== false) await requireMountable(path, mount, look);
  const left = copies - 1;
  const directory = typeof mount === 'string' ? mount : undefined;
  const tracked: Tracked<T> = { tools, look, image, quiet, options, callback, found: {} };
  return {
    subject: volume,
    summary: `Split ${image.fullName} off ${volume} for a while, and merge it back`,
    changes: [
      left === 1
        ? `Meanwhile ${volume} has one copy of what is newly written: a failing disk loses it.`
        : `Meanwhile ${volume} has ${left} copies of what is newly written, not ${copies}.`,
    ],
    warnings: quiet.warnings,
    steps: [...(await leftoverSteps(tools, look, { directory })), ...trackedSteps(tracked)],
    result: () => resultOf(tracked),
  };
}

function resultOf<T>({ look, image, quiet, found }: Tracked<T>): TrackedSplitResult<T> {
  if (found.value === undefined) throw new Error('the callback was not called');
  return {
    value: found.value.returned,
    ...{ volume: look.row.fullName, leg: image.fullName, quiesced: quiet.how },
    writtenSectors: found.written?.sectors ?? 0,
    mismatches: found.compared?.mismatches ?? null,
    rebuilt: found.compared?.rebuilt ?? false,
  };
}

async function requireMountable(
  path: string,
  mount: string | boolean,
  { row, tracked }: SplitLook,
): Promise<void> {
  const { filesystem, mountOptions, warnings } = await contentsOf(path, 'read-only', 'unknown');
  if (filesystem === null)
    throw new Refusal(
      'wrong-type',
      `there is no file system on ${row.fullName} that could be mounted`,
      'Leave mount out, and read the image itself.',
    );
  if (mountOptions === null)
    throw new Refusal('unsafe', warnings.join(' '), 'Leave mount out, and read the image itself.');
  if (typeof mount !== 'string') return;
  // What an earlier call has left there is unmounted first.
  await requireMountPoint(mount, tracked === undefined ? [] : [numberOf(tracked)]);
}
