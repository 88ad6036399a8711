import { shown } from './cut.ts';
import type { Note, Scene } from './live.ts';
import { h } from './node.ts';
import { type Keyed, mark, moment } from './parts.ts';

/** So many changes show. */
const mostShown = 10;

/** The latest changes, the newest first. */
export function changesPart({ notes, at }: Pick<Scene, 'notes' | 'at'>): readonly Keyed[] {
  return notes.slice(0, mostShown).map((note) => [note.key, changeItem(note, at)]);
}

function changeItem({ at, title, words, health }: Note, now: number) {
  return h(
    'li',
    { class: health },
    moment(at, now),
    mark(health),
    h('b', { dir: 'auto' }, shown(title)),
    h('span', { class: 'words', dir: 'auto' }, shown(words)),
  );
}
