import { assetsVersion } from './assets.ts';
import { shown } from './cut.ts';
import type { ListName, Lists } from './lists.ts';
import { type Element, h, html, type Node } from './node.ts';
import { linkTo, longestText, orders, type PageQuery } from './query.ts';

/** What the page says of itself. */
export interface Frame {
  /** The host whose storage it is. */
  readonly host: string;
  /** Where the metrics are, relative to the page. */
  readonly metrics: string;
}

/** The whole page as HTML, complete without any script. */
export function documentOf(lists: Lists, query: PageQuery, { host, metrics }: Frame): string {
  const list = (name: ListName, tag: string, attributes: Readonly<Record<string, string>> = {}): Element =>
    h(
      tag,
      { ...attributes, 'data-list': name },
      ...lists[name].map(([key, [item, given, children]]) =>
        h(item, { ...given, 'data-key': key }, ...children),
      ),
    );
  const title = `Storage of ${shown(host)}`;
  const page = h(
    'html',
    { lang: 'en', 'data-version': assetsVersion },
    h(
      'head',
      {},
      h('meta', { charset: 'utf-8' }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('meta', { name: 'color-scheme', content: 'light dark' }),
      h('title', {}, title),
      h('link', { rel: 'icon', href: `page.svg?${assetsVersion}`, type: 'image/svg+xml' }),
      h('link', { rel: 'stylesheet', href: `page.css?${assetsVersion}` }),
      h('script', { src: `page.js?${assetsVersion}`, defer: '' }),
      query.reload
        ? h('noscript', {}, h('meta', { 'http-equiv': 'refresh', content: String(reloadSeconds) }))
        : undefined,
    ),
    h(
      'body',
      {},
      h('a', { class: 'skip', href: '#volumes' }, 'Skip to the volumes'),
      h(
        'header',
        { class: 'top' },
        h('h1', {}, title),
        h(
          'div',
          { class: 'now' },
          h('span', { id: 'live', class: 'live', role: 'status' }),
          list('as-of', 'span', { class: 'as-of' }),
          h('button', { id: 'pause', type: 'button', hidden: '' }, 'Pause'),
        ),
        withoutScript(query),
      ),
      h(
        'main',
        {},
        list('notice', 'div', { role: 'alert' }),
        h(
          'section',
          { 'aria-label': 'Health', class: 'health-now' },
          list('verdict', 'div', { role: 'status' }),
          list('counts', 'ul', { class: 'counts', 'aria-label': 'Volumes by health' }),
        ),
        section('volumes', 'Volumes', form(query), volumesTable(list), list('rows-pager', 'div')),
        section('changes', 'Latest changes', list('changes', 'ol', { class: 'changes' })),
        section(
          'disks',
          'If a disk dies',
          h(
            'p',
            { class: 'lead' },
            'Which volumes each disk carries, and what becomes of them without it, by what they are made of and their state now.',
          ),
          list('disks', 'ul', { class: 'disks' }),
          list('disks-pager', 'div'),
        ),
        section('stack', 'What stands on what', stackLead(query), list('stacks', 'ul', { class: 'stacks' })),
      ),
      h(
        'footer',
        {},
        h('a', { href: metrics }, 'Metrics'),
        h('span', {}, 'Percentages are those that lvs shows; times are UTC.'),
      ),
    ),
  );
  return `<!DOCTYPE html>\n${html(page)}\n`;
}

const reloadSeconds = 10;

function section(id: string, heading: string, ...content: readonly Node[]): Element {
  return h(
    'section',
    { id, 'aria-labelledby': `${id}-heading` },
    h('h2', { id: `${id}-heading` }, heading),
    ...content,
  );
}

function withoutScript(query: PageQuery): Element {
  const [href, text] = query.reload
    ? [linkTo(query, { reload: false }), 'Stop that']
    : [linkTo(query, { reload: true }), `Load it every ${reloadSeconds} seconds`];
  return h(
    'noscript',
    {},
    h(
      'p',
      { class: 'sub' },
      query.reload
        ? `Without JavaScript: loads itself every ${reloadSeconds} seconds. `
        : 'Without JavaScript this is one moment. ',
      h('a', { href: linkTo(query, {}) }, 'Load it again'),
      ' ',
      h('a', { href }, text),
    ),
  );
}

function form({ filter, health, order, all, reload }: PageQuery): Element {
  return h(
    'form',
    { role: 'search', action: '#volumes', class: 'controls' },
    field('q', 'Filter', h('input', { id: 'q', name: 'q', type: 'search', value: filter, ...textInput })),
    field(
      'order',
      'Sort',
      h(
        'select',
        { id: 'order', name: 'order' },
        ...orders.map(([value, text]) =>
          h('option', { value, ...(value === order ? { selected: '' } : {}) }, text),
        ),
      ),
    ),
    h(
      'label',
      { class: 'check' },
      h('input', { type: 'checkbox', name: 'all', value: '1', ...(all ? { checked: '' } : {}) }),
      'inner layers too',
    ),
    health === '' ? undefined : h('input', { type: 'hidden', name: 'health', value: health }),
    reload ? h('input', { type: 'hidden', name: 'reload', value: '1' }) : undefined,
    h('button', { type: 'submit' }, 'Show'),
    filter === '' && health === ''
      ? undefined
      : h('a', { href: linkTo(firstQuery, {}, 'volumes') }, 'Show all'),
  );
}

const textInput = { maxlength: String(longestText), autocomplete: 'off', spellcheck: 'false' };
const firstQuery: PageQuery = {
  filter: '',
  health: '',
  order: 'attention',
  all: false,
  page: 1,
  disks: 1,
  stack: '',
  reload: false,
};

function field(id: string, text: string, input: Element): Element {
  return h('div', { class: 'field' }, h('label', { for: id }, text), input);
}

// The roles are the elements' own; a table that is laid out as blocks on a narrow screen would lose them.
function volumesTable(
  list: (name: ListName, tag: string, attributes: Readonly<Record<string, string>>) => Element,
): Element {
  const headings = ['Health', 'Volume', 'Sync or fill', 'Forecast', 'Details'];
  return h(
    'table',
    { role: 'table', 'aria-labelledby': 'volumes-heading', class: 'volumes' },
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        ...headings.map((heading) => h('th', { scope: 'col', role: 'columnheader' }, heading)),
      ),
    ),
    list('rows', 'tbody', { role: 'rowgroup' }),
  );
}

function stackLead(query: PageQuery): Element {
  const text = 'The volume above, below it what it is made of, down to the disks. ';
  if (query.stack === '')
    return h(
      'p',
      { class: 'lead' },
      `${text}These are the first of the volumes listed; choose one by its name.`,
    );
  return h(
    'p',
    { class: 'lead' },
    text,
    h('a', { href: linkTo(query, { stack: '' }, 'stack') }, 'Show the first ones'),
  );
}
