import type { Controls, TopOrder } from './top-controls.ts';
import type { TopRow } from './top-rows.ts';

/** The rows that the controls let show, in their order; `rows` are by title and rows of one rank stay so. */
export function arrange(
  rows: readonly TopRow[],
  { filter, order }: Pick<Controls, 'filter' | 'order'>,
): readonly TopRow[] {
  const wanted = filter.toLowerCase();
  const found = wanted === '' ? rows : rows.filter(({ text }) => text.includes(wanted));
  return order === 'name' ? found : found.toSorted(orders[order]);
}

const orders: Readonly<Record<Exclude<TopOrder, 'name'>, (a: TopRow, b: TopRow) => number>> = {
  attention: (a, b) => a.attention - b.attention || (a.attention === notable ? byFill(a, b) : 0),
  fill: byFill,
  size: (a, b) => b.sectors - a.sectors,
};

const notable = 3;

function byFill(a: TopRow, b: TopRow): number {
  return (b.summary.bar?.ratio ?? -1) - (a.summary.bar?.ratio ?? -1);
}
