import type { Health } from '../../targets/target.ts';
import { type Element, h } from './node.ts';

/** An element of a list on the page, with what tells it from the others of that list. */
export type Keyed = readonly [key: string, element: Element];

/** The sign of a health: a shape of its own, beside which the word always stands. */
export function mark(health: Health): Element {
  return h('span', { class: `mark ${health}`, 'aria-hidden': 'true' });
}

/** A moment in UTC, to the second; with its day if that is not the day of `now`. */
export function moment(at: number, now: number): Element {
  const iso = new Date(at).toISOString();
  const [day = '', time = ''] = iso.slice(0, 19).split('T');
  const isToday = new Date(now).toISOString().startsWith(day);
  return h('time', { datetime: iso }, isToday ? time : `${day} ${time}`);
}

/** `1 volume`, `2 volumes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Links to the other pages of a list; nothing if there is but one. */
export function pager(
  name: string,
  { page, pages, count }: Pages,
  noun: string,
  link: (page: number) => string,
): readonly Keyed[] {
  if (pages <= 1) return [];
  const step = (to: number, text: string): Element =>
    to < 1 || to > pages
      ? h('span', { class: 'off' }, text)
      : h('a', { href: link(to), 'aria-label': `${text} page of ${noun}s` }, text);
  return [
    [
      name,
      h(
        'nav',
        { class: 'pager', 'aria-label': `Pages of ${noun}s` },
        step(page - 1, 'Previous'),
        h('span', {}, `page ${page} of ${pages}, ${counted(count, noun)}`),
        step(page + 1, 'Next'),
      ),
    ],
  ];
}

/** Which part of a list shows. */
export interface Pages {
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  readonly count: number;
}

/** The items of a page of a list, and which page it is: the last one if there are not so many. */
export function paged<T>(
  items: readonly T[],
  wanted: number,
  size: number,
): Pages & { readonly items: readonly T[] } {
  const pages = Math.max(1, Math.ceil(items.length / size));
  const page = Math.min(wanted, pages);
  return { page, pages, count: items.length, items: items.slice((page - 1) * size, page * size) };
}
