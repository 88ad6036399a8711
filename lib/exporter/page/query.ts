import type { Health } from '../../targets/target.ts';
import type { RowOrder } from '../../view/order.ts';
import { wellFormed } from './node.ts';

/** What of the host a page shows, as its address says. */
export interface PageQuery {
  /** Only volumes that contain this text; at most {@link longestText} characters. */
  readonly filter: string;
  /** Only volumes of this health; `''` for all. */
  readonly health: Health | '';
  readonly order: RowOrder;
  /** Also internal layers that are well. */
  readonly all: boolean;
  /** Which page of the volumes, from 1. */
  readonly page: number;
  /** Which page of the disks, from 1. */
  readonly disks: number;
  /** The stored name of the device whose stack is wanted; `''` for those of the first volumes. */
  readonly stack: string;
  /** Without a script: loads itself again. */
  readonly reload: boolean;
}

/** Longest text of a parameter that is looked at: twice the longest name of a device. */
export const longestText = 256;

/** Reads the query of an address. Anything that is no value of a parameter is as if it was not there; never throws. */
export function parsePageQuery(parameters: URLSearchParams): PageQuery {
  const text = (name: string): string => (parameters.get(name) ?? '').slice(0, longestText);
  const number = (name: string): number => (/^[1-9]\d{0,5}$/.test(text(name)) ? Number(text(name)) : 1);
  const [order, health] = [text('order'), text('health')];
  return {
    filter: text('q'),
    health: isHealth(health) ? health : '',
    order: isOrder(order) ? order : 'attention',
    all: text('all') === '1',
    page: number('page'),
    disks: number('disks'),
    stack: text('stack'),
    reload: text('reload') === '1',
  };
}

/** The address of the same page with something else shown: a query that begins with `?`, and a place on the page. */
export function linkTo(query: PageQuery, changes: Partial<PageQuery>, place = ''): string {
  const { filter, health, order, all, page, disks, stack, reload } = { ...query, ...changes };
  const parameters = new URLSearchParams();
  if (filter !== '') parameters.set('q', wellFormed(filter));
  if (health !== '') parameters.set('health', health);
  if (order !== 'attention') parameters.set('order', order);
  if (all) parameters.set('all', '1');
  if (page !== 1) parameters.set('page', String(page));
  if (disks !== 1) parameters.set('disks', String(disks));
  if (stack !== '') parameters.set('stack', wellFormed(stack));
  if (reload) parameters.set('reload', '1');
  return `?${parameters}${place === '' ? '' : `#${place}`}`;
}

/** The orders that a page can be asked for, with their names. */
export const orders: readonly (readonly [RowOrder, string])[] = [
  ['attention', 'most urgent first'],
  ['name', 'name'],
  ['fill', 'fullest first'],
  ['size', 'largest first'],
];

function isHealth(text: string): text is Health {
  return ['failed', 'warning', 'busy', 'ok'].includes(text);
}

function isOrder(text: string): text is RowOrder {
  return orders.some(([order]) => order === text);
}
