import type { LiveRow } from '../view/live-rows.ts';
import type { Paces } from '../view/paces.ts';
import { printable } from '../view/printable.ts';
import { cut } from './cut.ts';
import type { Look, Style } from './look.ts';
import { headingLine, layOut, rowLine } from './top-columns.ts';
import type { Controls } from './top-controls.ts';

/** What `devmapper top` shows. */
export interface TopState {
  /** The rows that the controls let show, in their order. */
  readonly rows: readonly LiveRow[];
  /** All rows, for the counts. */
  readonly total: readonly LiveRow[];
  /** The newest last. */
  readonly changes: readonly ChangeNote[];
  readonly paces: Pick<Paces, 'of'>;
  readonly source: 'events' | 'polling';
  /** Now, in milliseconds since the epoch. */
  readonly at: number;
}

/** A change as a line at the bottom. */
export interface ChangeNote {
  readonly at: number;
  readonly title: string;
  readonly words: string;
  readonly style: Style;
}

/** Size of a terminal. */
export interface ScreenSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The lines of the screen: exactly `height`, none wider than `width`. Only rows that show are worked out, so its cost
 * does not depend on how many there are.
 */
export function topScreen(
  state: TopState,
  size: ScreenSize,
  controls: Controls,
  look: Look,
): readonly string[] {
  const { width, height } = size;
  const top = [headline(state, width, look)];
  const bottom = [footline(state, controls, size, look)];
  if (height < 3) return [...top, ...bottom].slice(0, Math.max(0, height));
  if (controls.help) return filled([...top, '', ...helpLines(width, look)], bottom, height);
  const notes = noteLines(state, size, look);
  const page = pageRows(state, size);
  const visible = state.rows.slice(firstRow(state, size, controls)).slice(0, page);
  const paces = visible.map(({ name }) => state.paces.of(name, state.at));
  const widths = layOut(width, visible, paces);
  const rows = visible.map((row, index) => rowLine(row, paces[index], state.at, widths, look));
  const none =
    state.total.length === 0 ? 'There are no device-mapper devices.' : 'Nothing matches the filter.';
  const body = rows.length === 0 && page > 0 ? [cut(none, width, look.unicode)] : rows;
  return filled([...top, headingLine(widths, look), ...body], [...notes, ...bottom], height);
}

/** How many rows a screen of that size shows. */
export function pageRows(state: Pick<TopState, 'changes'>, size: ScreenSize): number {
  return Math.max(0, size.height - 3 - noteCount(state, size));
}

function firstRow(state: TopState, size: ScreenSize, { offset }: Controls): number {
  return Math.max(0, Math.min(offset, state.rows.length - pageRows(state, size)));
}

function filled(above: readonly string[], below: readonly string[], height: number): readonly string[] {
  const kept = above.slice(0, Math.max(0, height - below.length));
  const blank = Array<string>(Math.max(0, height - kept.length - below.length)).fill('');
  return [...kept, ...blank, ...below];
}

function headline({ total, source, at }: TopState, width: number, look: Look): string {
  const counts = { failed: 0, warning: 0, busy: 0, ok: 0 };
  for (const { summary } of total) counts[summary.health]++;
  const words = [
    `${total.length} shown`,
    ...(['failed', 'warning', 'busy'] as const).flatMap((health) =>
      counts[health] === 0 ? [] : [`${counts[health]} ${health}`],
    ),
  ].join(', ');
  const clock = `${new Date(at).toISOString().slice(11, 19)} UTC`;
  const text = `devmapper top - ${words} - by ${source} - ${clock}`;
  const short = `${words} ${clock}`;
  return look.paint('heading', cut(text.length <= width ? text : short, width, look.unicode));
}

function footline(
  state: TopState,
  { filter, typing, order, all, offset }: Controls,
  size: ScreenSize,
  look: Look,
): string {
  const { width } = size;
  if (typing) return cut(`filter: ${filter}_`, width, look.unicode);
  const page = pageRows(state, size);
  const first = Math.min(offset, Math.max(0, state.rows.length - page));
  const last = Math.min(state.rows.length, first + page);
  const place = state.rows.length > page ? `${first + 1}-${last} of ${state.rows.length}` : '';
  const parts = [
    place,
    'q quit',
    'h help',
    `s sort: ${order}`,
    filter === '' ? '/ filter' : `/ filter: ${filter}`,
    all ? 'a layers: all' : 'a layers: not well',
  ];
  return look.paint('faint', cut(parts.filter((part) => part !== '').join('  '), width, look.unicode));
}

const leastHeightForNotes = 10;
const mostNotes = 6;

function noteCount({ changes }: Pick<TopState, 'changes'>, { height }: ScreenSize): number {
  if (height < leastHeightForNotes || changes.length === 0) return 0;
  return Math.min(changes.length, mostNotes, Math.floor(height / 4)) + 1;
}

function noteLines(state: TopState, size: ScreenSize, look: Look): readonly string[] {
  const count = noteCount(state, size);
  if (count === 0) return [];
  const lines = state.changes.slice(1 - count).map(({ at, title, words, style }) => {
    const time = new Date(at).toISOString().slice(11, 19);
    const text = cut(`${time}  ${printable(title)}  ${printable(words)}`, size.width, look.unicode);
    return look.paint(style, text);
  });
  return [look.paint('heading', cut('CHANGES', size.width, look.unicode)), ...lines];
}

function helpLines(width: number, look: Look): readonly string[] {
  return help.map((line) => cut(line, width, look.unicode));
}

const help = [
  'up down k j       a row up or down',
  'PgUp PgDn space   a page',
  'Home End g G      to the first or last row',
  's                 sort by attention, name, fill, size',
  'f /               filter: type, Enter; Esc ends it',
  'a                 all internal layers, or those not well',
  'h ?               this help',
  'Ctrl-L            draw the screen anew',
  'Ctrl-Z            stop, "fg" goes on',
  'q Ctrl-C          quit',
  '',
  'Attention: failed, warning, busy, filling by more than',
  'half, the rest. FORECAST: when a store is full, or a',
  'sync, merge or copy done, if it goes on like this.',
  'RATE: data a second over the last ten seconds.',
];
