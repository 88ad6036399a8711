import { formatSectors } from '../../units.ts';
import type { LiveRow } from '../../view/live-rows.ts';
import type { Carried, Carrier } from './carriers.ts';
import { shown } from './cut.ts';
import type { Fate } from './fate.ts';
import { type Element, h } from './node.ts';
import { counted, type Keyed, mark, type Pages, pager } from './parts.ts';
import { linkTo, type PageQuery } from './query.ts';
import type { Topology } from './topology.ts';

/** A disk, its volumes and what becomes of them, and where their rows are. */
export interface DiskShown {
  readonly carrier: Carrier;
  readonly carried: readonly Carried[];
  readonly row: (name: string) => LiveRow | undefined;
}

/** A card for each disk: which volumes it carries, and what becomes of each when it dies. */
export function diskCards(
  disks: readonly DiskShown[],
  topology: Topology,
  query: PageQuery,
): readonly Keyed[] {
  return disks.map((disk) => [disk.carrier.number, diskCard(disk, topology, query)]);
}

/** Links to the other pages of disks. */
export function diskPager(pages: Pages, query: PageQuery): readonly Keyed[] {
  return pager('disks', pages, 'disk', (disks) => linkTo(query, { disks }, 'disks'));
}

/** So many volumes of a disk are named; of the others there is the count. */
const mostNamed = 12;

function diskCard({ carrier, carried, row }: DiskShown, { blocks }: Topology, query: PageQuery): Element {
  const { number, name } = carrier;
  const block = blocks.get(number);
  const about = [
    block?.kind ?? '',
    block === undefined ? '' : formatSectors(block.sectors),
    name === number ? '' : number,
    shown(block?.file ?? '', 120),
  ].filter((text) => text !== '');
  const more = carried.length - mostNamed;
  return h(
    'li',
    { class: 'disk' },
    h('h3', {}, shown(name, 60)),
    h('p', { class: 'sub' }, about.join(', ')),
    h('p', { class: 'toll' }, toll(carried)),
    h(
      'ul',
      { class: 'carried' },
      ...carried.slice(0, mostNamed).map((each) => carriedItem(each, row(each.name), query)),
      more > 0 ? h('li', { class: 'more' }, `and ${counted(more, 'volume')} more`) : undefined,
    ),
  );
}

function carriedItem({ name, fate }: Carried, row: LiveRow | undefined, query: PageQuery): Element {
  return h(
    'li',
    { class: fate },
    row === undefined ? undefined : mark(row.summary.health),
    h('a', { href: linkTo(query, { stack: name }, 'stack'), dir: 'auto' }, shown(row?.title ?? name)),
    h('span', { class: 'fate' }, words[fate]),
  );
}

/** What the death of a disk would cost, in a sentence. */
export function toll(carried: readonly Pick<Carried, 'fate'>[]): string {
  const count = (fate: Fate): number => carried.filter((each) => each.fate === fate).length;
  const all = carried.length;
  const [fails, unknown] = [count('fails'), count('unknown')];
  const some = all === 1 ? 'Its volume' : `All ${all} volumes`;
  if (fails === 0 && unknown === 0)
    return all === 1 ? 'Its volume keeps running without it.' : `${some} keep running without it.`;
  if (fails === all) return `${some} ${all === 1 ? 'fails' : 'fail'} with it.`;
  if (unknown === all) return `${some} may fail with it.`;
  if (fails === 0) return `${unknown} of ${all} volumes may fail with it.`;
  const failing = `${fails} of ${all} volumes ${fails === 1 ? 'fails' : 'fail'} with it`;
  return unknown === 0 ? `${failing}.` : `${failing}, ${unknown} more may.`;
}

const words: Readonly<Record<Fate, string>> = {
  fails: 'fails with it',
  unknown: 'may fail',
  survives: 'keeps running',
  untouched: '',
};
