import { bytesText } from '../snapshot/snapshot-size.ts';
import type { GuardSettings } from './guard-options.ts';
import type { GuardLimit } from './guard-policy.ts';
import type { PartReading } from './guard-reading.ts';

/** What keeps a part from being extended as far as it should be, and when it will be full, in a sentence. */
export function shortage(
  volume: string,
  { part, size }: PartReading,
  { free, settings }: { readonly free: bigint; readonly settings: GuardSettings },
  { why, fullIn }: { readonly why: GuardLimit; readonly fullIn: number | null },
): string {
  const what = part === 'snapshot' ? volume : `the ${part} of ${volume}`;
  const limit =
    why === 'budget'
      ? `the budget of ${bytesText(settings.budget ?? 0n)} is used up`
      : why === 'maximum'
        ? `it may have ${bytesText(settings.maximum ?? 0n)} at most`
        : `its group has ${bytesText(free)} free`;
  const when = fullIn === null ? '' : `; at this rate it is full in ${(fullIn / 1000).toFixed(1)} s`;
  return `${what} has ${bytesText(size)} and cannot be extended as far as it should be: ${limit}${when}`;
}
