import type { Health } from '../../targets/target.ts';
import type { LiveRow } from '../../view/live-rows.ts';
import { shown } from './cut.ts';
import type { Scene } from './live.ts';
import { h } from './node.ts';
import { counted, type Keyed, mark } from './parts.ts';
import { linkTo, type PageQuery } from './query.ts';

/** How many volumes there are of each health. */
export type Counts = Readonly<Record<Health, number>>;

/** Counts rows by health. */
export function countHealth(rows: readonly LiveRow[]): Counts {
  const counts: Record<Health, number> = { failed: 0, warning: 0, busy: 0, ok: 0 };
  for (const { summary } of rows) counts[summary.health]++;
  return counts;
}

/** The one sentence that says whether anybody has to look. */
export function verdict(counts: Counts): string {
  const { failed, warning, busy, ok } = counts;
  const all = failed + warning + busy + ok;
  if (all === 0) return 'There are no device-mapper volumes.';
  const busyWords = busy === 0 ? '' : `${busy} at work`;
  if (failed === 0 && warning === 0) {
    const well = all === 1 ? 'The only volume is well' : `All ${all} volumes are well`;
    return busy === 0 ? `${well}.` : `${well}; ${busyWords}.`;
  }
  const [first = '', ...more] = [
    failed === 0 ? '' : `${failed} failed`,
    warning === 0 ? '' : `${warning} ${warning === 1 ? 'needs' : 'need'} a look`,
    busyWords,
  ].filter((part) => part !== '');
  const [count = '', ...words] = first.split(' ');
  return `${[`${count} of ${counted(all, 'volume')} ${words.join(' ')}`, ...more].join(', ')}.`;
}

/** The sentence at the top. A change of it is told by screen readers; it changes only with the counts. */
export function verdictPart(scene: Scene, counts: Counts): readonly Keyed[] {
  const text = verdict(counts);
  return [['verdict', h('p', { class: 'verdict' }, inState(scene, text))]];
}

function inState({ state, current }: Scene, text: string): string {
  if (state === 'starting') return 'Having a first look.';
  if (state === 'watching') return text;
  return current.size === 0 ? 'Nothing is known of the volumes.' : `When last seen: ${text}`;
}

/** What of the page cannot be relied on, and why. */
export function noticePart({ state, current }: Scene): readonly Keyed[] {
  if (!(state instanceof Error)) return [];
  return [
    [
      'failure',
      h(
        'p',
        { class: 'notice' },
        h('strong', {}, 'The kernel cannot be asked. '),
        [
          shown(state.message),
          current.size === 0 ? '' : ' What shows below is what was known before.',
          ' It is tried again.',
        ].join(''),
      ),
    ],
  ];
}

/** The counts, each a link to those volumes, and from them back to all. */
export function countsPart(counts: Counts, query: PageQuery): readonly Keyed[] {
  return names.map(([health, word]) => {
    const isChosen = query.health === health;
    const href = linkTo(query, { health: isChosen ? '' : health, page: 1 }, 'volumes');
    const attributes = { href, class: 'count', ...(isChosen ? { 'aria-current': 'true' } : {}) };
    const content = [mark(health), h('b', {}, String(counts[health])), h('span', {}, word)];
    // Nothing to see there, and one stop less for those who go by keyboard.
    const isLink = counts[health] > 0 || isChosen;
    return [
      health,
      h('li', {}, h(isLink ? 'a' : 'span', isLink ? attributes : { class: 'count none' }, ...content)),
    ];
  });
}

const names: readonly (readonly [Health, string])[] = [
  ['failed', 'failed'],
  ['warning', 'warning'],
  ['busy', 'busy'],
  ['ok', 'ok'],
];
