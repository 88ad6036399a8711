/** A key and the title it is sorted by. */
export interface Ordered {
  readonly key: string;
  readonly title: string;
}

/**
 * The keys by title, numbers in them by value. `order` is the last result: sorting 10,000 titles by the locale's rules
 * takes longer than a frame may, so those that are new are put among the others.
 */
export function sortByTitle(
  volumes: ReadonlyMap<string, { readonly title: string }>,
  order: readonly Ordered[],
): readonly Ordered[] {
  const kept = order.filter(({ key, title }) => volumes.get(key)?.title === title);
  const known = new Set(kept.map(({ key }) => key));
  const added = [...volumes].flatMap(([key, { title }]) => (known.has(key) ? [] : [{ key, title }]));
  added.sort((a, b) => collator.compare(a.title, b.title));
  if (kept.length === 0) return added;
  const merged: Ordered[] = [];
  let from = 0;
  for (const each of added) {
    const to = placeOf(kept, each.title, from);
    merged.push(...kept.slice(from, to), each);
    from = to;
  }
  return [...merged, ...kept.slice(from)];
}

function placeOf(kept: readonly Ordered[], title: string, from: number): number {
  let low = from;
  let high = kept.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (collator.compare(kept[middle]?.title ?? '', title) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

const collator = new Intl.Collator('en', { numeric: true });
