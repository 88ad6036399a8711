import { bytesText } from '../snapshot/snapshot-size.ts';
import type { GuardSettings } from './guard-options.ts';
import type { GuardLimit } from './guard-policy.ts';
import type { Guarded, PartReading } from './guard-reading.ts';

/** What keeps a part from being extended as far as it should be, and when it will be full, in a sentence. */
export function shortage(
  { volume, together }: Pick<Guarded, 'volume' | 'together'>,
  { part, size }: PartReading,
  { free, settings }: { readonly free: bigint; readonly settings: GuardSettings },
  { why, fullIn }: { readonly why: GuardLimit; readonly fullIn: number | null },
): string {
  const what = part === 'snapshot' ? volume : `the ${part} of ${volume}`;
  const limit =
    why === 'budget'
      ? `the budget of ${boundText(settings.budget, together?.budget)} is used up`
      : why === 'maximum'
        ? `it may have ${boundText(settings.maximum, together?.maximum)} at most`
        : `its group has ${bytesText(free)} free`;
  const when = fullIn === null ? '' : `; at this rate it is full in ${(fullIn / 1000).toFixed(1)} s`;
  return `${what} has ${bytesText(size)} and cannot be extended as far as it should be: ${limit}${when}`;
}

// Its own bound, and that of all parts.
function boundText(own: bigint | null, total: bigint | null = null): string {
  const texts = [
    own === null ? [] : bytesText(own),
    total === null ? [] : `${bytesText(total)} for data and metadata`,
  ];
  return texts.flat().join(', and ');
}
