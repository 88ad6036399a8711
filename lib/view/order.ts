import type { LiveRow } from './live-rows.ts';

/** What rows are sorted by. */
export type RowOrder = 'attention' | 'name' | 'fill' | 'size';

/** The rows that contain `filter`, whatever its case, in this order; `rows` are by title and rows of one rank stay so. */
export function arrange(
  rows: readonly LiveRow[],
  { filter, order }: { readonly filter: string; readonly order: RowOrder },
): readonly LiveRow[] {
  const wanted = filter.toLowerCase();
  const found = wanted === '' ? rows : rows.filter(({ text }) => text.includes(wanted));
  return order === 'name' ? found : found.toSorted(orders[order]);
}

const orders: Readonly<Record<Exclude<RowOrder, 'name'>, (a: LiveRow, b: LiveRow) => number>> = {
  attention: (a, b) => a.attention - b.attention || (a.attention === notable ? byFill(a, b) : 0),
  fill: byFill,
  size: (a, b) => b.sectors - a.sectors,
};

const notable = 3;

function byFill(a: LiveRow, b: LiveRow): number {
  return (b.summary.bar?.ratio ?? -1) - (a.summary.bar?.ratio ?? -1);
}
