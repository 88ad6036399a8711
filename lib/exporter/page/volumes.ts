import { formatSectors } from '../../units.ts';
import { detailsOf } from '../../view/details.ts';
import type { LiveRow } from '../../view/live-rows.ts';
import { leftText, type Pace, rateText } from '../../view/paces.ts';
import { shown } from './cut.ts';
import type { Scene } from './live.ts';
import { type Element, h } from './node.ts';
import { type Keyed, mark, type Pages, pager } from './parts.ts';
import { linkTo, type PageQuery } from './query.ts';

/** The rows of the table of volumes. */
export function volumeRows(rows: readonly LiveRow[], scene: Scene, query: PageQuery): readonly Keyed[] {
  if (rows.length > 0) return rows.map((row) => [row.name, volumeRow(row, scene, query)]);
  if (scene.state === 'starting' || scene.current.size === 0) return [];
  const none = h('td', { colspan: '5', role: 'cell', class: 'none' }, 'No volume is like that.');
  return [['', h('tr', { role: 'row' }, none)]];
}

/** Links to the other pages of the table. */
export function volumePager(pages: Pages, query: PageQuery): readonly Keyed[] {
  return pager('volumes', pages, 'volume', (page) => linkTo(query, { page }, 'volumes'));
}

/** A bar with what it says for those who do not see it: a progress that will end, or a fill. */
function barPart(row: Pick<LiveRow, 'title' | 'kind' | 'summary'>): Element | undefined {
  const { bar, health } = row.summary;
  if (bar === undefined) return undefined;
  const isProgress = progressing.test(row.kind);
  const percent = (Math.min(1, Math.max(0, bar.ratio)) * 100).toFixed(2);
  const attributes = {
    class: `bar ${health}${isProgress ? ' progress' : ''}`,
    role: isProgress ? 'progressbar' : 'meter',
    'aria-valuemin': '0',
    'aria-valuemax': '100',
    'aria-valuenow': percent,
    'aria-valuetext': `${bar.percent}% ${isProgress ? 'done' : 'used'}`,
    'aria-label': `${shown(row.title)}: ${isProgress ? 'progress' : 'fill'}`,
  };
  return h(
    'svg',
    attributes,
    h('rect', { class: 'track', width: '100%', height: '100%' }),
    h('rect', { class: 'done', width: `${percent}%`, height: '100%' }),
    // Where a fill becomes a warning.
    limited.test(row.kind) ? h('rect', { class: 'limit', x: '80%', width: '1', height: '100%' }) : undefined,
  );
}

// Those whose filling is a warning: a thin volume may be full.
const limited = /^(?:snapshot|thin-pool)$/;
const progressing = /^(?:raid|mirror|snapshot-merge|clone)/;

function volumeRow(row: LiveRow, { paces, at }: Scene, query: PageQuery): Element {
  const { health, bar } = row.summary;
  const pace = paces.of(row.name, at);
  return h(
    'tr',
    { class: health, role: 'row' },
    h('td', { class: 'health', role: 'cell' }, mark(health), h('span', {}, health)),
    h(
      'th',
      { scope: 'row', role: 'rowheader', class: 'name' },
      h('a', { href: linkTo(query, { stack: row.name }, 'stack'), dir: 'auto' }, shown(row.title)),
      h('span', { class: 'sub' }, `${shown(row.kind, 60)}, ${formatSectors(row.sectors)}`),
    ),
    h(
      'td',
      { class: 'level', role: 'cell' },
      bar === undefined
        ? undefined
        : h(
            'div',
            { class: 'gauge' },
            barPart(row),
            h('span', { class: 'percent', 'aria-hidden': 'true' }, `${bar.percent}%`),
          ),
    ),
    h('td', { class: 'left', role: 'cell' }, ...forecast(pace)),
    h('td', { class: 'details', role: 'cell', dir: 'auto' }, shown(detailsOf(row, at))),
  );
}

function forecast(pace: Pace | undefined): readonly (Element | undefined)[] {
  const [left, rate] = [leftText(pace), rateText(pace)];
  return [
    left === '' ? undefined : h('span', { class: 'when' }, left),
    rate === '' ? undefined : h('span', { class: 'sub' }, rate),
  ];
}
