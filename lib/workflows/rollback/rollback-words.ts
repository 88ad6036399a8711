import type { LvmState } from '../../lvm/state.ts';
import { bytesText } from '../snapshot/snapshot-size.ts';
import { usedBytes } from '../snapshot/store-room.ts';
import { capital } from '../words.ts';
import { endangered, type SeenPair } from './rollback-checks.ts';
import { siblingsOf } from './rollback-pairs.ts';

/** What a rollback would do, in one sentence. */
export function summaryOf(pairs: readonly SeenPair[]): string {
  const texts = pairs.map(({ origin, snapshot, phase, sight }) => {
    if (phase === 'gone') return `finish the rollback of ${origin} to ${snapshot}`;
    if (sight.merging) return `wait until ${snapshot} is merged into ${origin}`;
    return `roll ${origin} back to ${snapshot}`;
  });
  return capital(texts.join(', and '));
}

/** What is different, or lost, afterwards. */
export function changesOf(state: LvmState, pairs: readonly SeenPair[]): readonly string[] {
  return pairs.flatMap((pair) => {
    const { origin, snapshot, snapshotRow, isThin, sight } = pair;
    if (snapshotRow === null || sight.merging) return [];
    const since = snapshotRow.time === null ? 'was made' : `was made at ${timeText(snapshotRow.time)}`;
    const used = isThin ? null : usedBytes(snapshotRow);
    const amount = used === null ? '' : ` (${bytesText(used)} of its store are in use)`;
    return [
      `${origin} becomes what ${snapshot} holds: all that was written to ${origin} since ${snapshot} ${since} is lost${amount}.`,
      `${snapshot} is gone afterwards.`,
      ...endangered(state, pair).map(({ fullName }) => `${fullName} may overflow and be lost.`),
    ];
  });
}

/** What the caller should know before. */
export function warningsOf(
  state: LvmState,
  pairs: readonly SeenPair[],
  deferred: readonly SeenPair[],
): readonly string[] {
  return pairs.flatMap((pair) => {
    const { origin, snapshot, snapshotRow, isThin, sight } = pair;
    if (snapshotRow === null)
      return [
        `The ${snapshot} that a rollback was begun of is gone: it was merged into ${origin}, unless somebody removed it before, which cannot be told now. A later snapshot of that name, if there was one, is not what this is about.`,
      ];
    if (sight.merging) return [];
    const others = siblingsOf(state, pair).map(({ fullName }) => fullName);
    return [
      ...(isThin && others.length > 0
        ? [`lvm forgets that ${others.join(', ')} are snapshots of ${origin}; what they hold stays.`]
        : []),
      ...(deferred.includes(pair) ? deferredWords(pair) : []),
    ];
  });
}

function deferredWords({ origin, snapshot, snapshotRow, isThin, sight }: SeenPair): readonly string[] {
  const used = snapshotRow === null ? null : usedBytes(snapshotRow);
  const room =
    isThin || snapshotRow === null || used === null
      ? []
      : [
          `until then each write to ${origin} fills ${snapshot}, which has ${bytesText(snapshotRow.size - used)} left; if it overflows, it cannot be merged any more.`,
        ];
  return [
    `lvm merges ${snapshot} when ${origin} is activated the next time, as it is in use (${sight.users.join('; ')}); call rollback again to wait for the end.`,
    ...room,
  ];
}

function timeText(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}
