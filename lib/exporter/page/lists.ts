import type { LiveRow } from '../../view/live-rows.ts';
import { arrange } from '../../view/order.ts';
import { createCarrierCache } from './carrier-cache.ts';
import { changesPart } from './changes.ts';
import { diskCards, diskPager } from './disks.ts';
import type { Scene } from './live.ts';
import { h } from './node.ts';
import { type Keyed, moment, paged } from './parts.ts';
import type { PageQuery } from './query.ts';
import { createStacks } from './stacks.ts';
import { countHealth, countsPart, noticePart, verdictPart } from './verdict.ts';
import { volumePager, volumeRows } from './volumes.ts';

/** All that changes on a page: lists of elements, each in its place. */
export type Lists = Readonly<Record<ListName, readonly Keyed[]>>;

/** The places on a page. */
export type ListName =
  | 'notice'
  | 'verdict'
  | 'counts'
  | 'rows'
  | 'rows-pager'
  | 'disks'
  | 'disks-pager'
  | 'stacks'
  | 'changes'
  | 'as-of';

/** How much shows at once: volumes and disks on a page, stacks if none was chosen. */
export const pageSizes = { rows: 50, disks: 12, stacks: 4 } as const;

/** Works out what shows. Remembers between two calls what has not changed, so that many pages cost little. */
export function createLists(): (scene: Scene, query: PageQuery) => Lists {
  const disks = createCarrierCache();
  const stacks = createStacks();
  const arranged = new Map<
    string,
    { readonly from: readonly LiveRow[]; readonly rows: readonly LiveRow[] }
  >();

  const inOrder = (total: readonly LiveRow[], { filter, health, order }: PageQuery): readonly LiveRow[] => {
    const by = `${order} ${health} ${filter}`;
    const known = arranged.get(by);
    if (known?.from === total) return known.rows;
    const wanted = health === '' ? total : total.filter(({ summary }) => summary.health === health);
    const rows = arrange(wanted, { filter, order });
    // One for each open page, at most; what nobody asks for any more goes with the others.
    if (arranged.size >= 32) arranged.clear();
    arranged.set(by, { from: total, rows });
    return rows;
  };

  return (scene, query) => {
    const volumes = scene.rows(false);
    const counts = countHealth(volumes);
    const rows = paged(inOrder(query.all ? scene.rows(true) : volumes, query), query.page, pageSizes.rows);
    const { topology } = scene;
    const common = {
      notice: noticePart(scene),
      verdict: verdictPart(scene, counts),
      counts: countsPart(counts, query),
      rows: volumeRows(rows.items, scene, query),
      'rows-pager': volumePager(rows, query),
      changes: changesPart(scene),
      'as-of': [['as-of', h('span', {}, 'as of ', moment(scene.at, scene.at), ' UTC')]] as const,
    };
    if (topology === undefined) return { ...common, disks: [], 'disks-pager': [], stacks: [] };
    const carriers = paged(disks.carriers(scene, topology), query.disks, pageSizes.disks);
    const cards = carriers.items.map((carrier) => ({
      carrier,
      carried: disks.fates(carrier, scene, topology),
      row: (name: string) => disks.row(name, scene),
    }));
    const chosen =
      query.stack === ''
        ? rows.items.slice(0, pageSizes.stacks)
        : [{ name: query.stack, title: disks.row(query.stack, scene)?.title ?? query.stack }];
    return {
      ...common,
      disks: diskCards(cards, topology, query),
      'disks-pager': diskPager(carriers, query),
      stacks: stacks.pictures(chosen, topology, (number) => scene.current.get(topology.nameOf(number) ?? '')),
    };
  };
}
