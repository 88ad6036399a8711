import { bytesText, type StoreSize } from './snapshot-size.ts';
import type { WithSnapshotSettings } from './with-snapshot-options.ts';
import type { Taking } from './with-snapshot-stores.ts';

/** All of it in one sentence. */
export function summaryOf(takings: readonly Taking[]): string {
  const what = takings.map(({ origin, store }) => `${origin} (${storeText(store)})`).join(', ');
  const one = takings.length === 1;
  const mounted = takings.some(({ mount }) => mount.options !== null) ? ` mount ${one ? 'it' : 'them'},` : '';
  return `Take ${one ? 'a snapshot' : 'snapshots'} of ${what},${mounted} use ${one ? 'it' : 'them'}, and remove ${one ? 'it' : 'them'}`;
}

function storeText(store: StoreSize | null): string {
  if (store === null) return 'thin';
  return `a store of ${bytesText(store.size)}${store.full ? ', which cannot overflow' : ''}`;
}

/** What will be different, a sentence each. */
export function changesOf(takings: readonly Taking[]): readonly string[] {
  return takings.flatMap(({ origin, name, leftovers }) => [
    ...leftovers.rows.map(({ fullName }) => `${fullName}, which an earlier run left, is removed.`),
    `${name}, a snapshot of ${origin}, is made, and removed in the end.`,
  ]);
}

/** What the caller should know before. */
export function warningsOf(
  { isSizeGiven, guard }: WithSnapshotSettings,
  takings: readonly Taking[],
): readonly string[] {
  const each = takings.flatMap(({ origin, name, store, mount }) => [
    ...mount.warnings.map((warning) => `${origin}: ${warning}`),
    ...(store === null && isSizeGiven
      ? [`${origin} is thin: its snapshot takes space of the pool, and size is not used.`]
      : []),
    ...(store?.trimmed === true
      ? [
          `${name} gets ${bytesText(store.size)} instead of ${bytesText(store.requested)}: it cannot use more.`,
        ]
      : []),
    ...(store?.full === false && guard === null
      ? [`${name} is lost if more than ${bytesText(store.size)} of ${origin} are written to meanwhile.`]
      : []),
  ]);
  const apart = takings.length > 1 ? ['The snapshots are taken one after another, not at one moment.'] : [];
  return [...each, ...apart];
}
