import { styleText } from 'node:util';
import type { Health } from '../targets/target.ts';

/** How output may look. Formatting takes it as a record, so that it can be tested without a terminal. */
export interface Look {
  /** Columns of the terminal; undefined where there is none and lines may be of any length. */
  readonly width: number | undefined;
  /** Block and line characters may be used: the locale is UTF-8. */
  readonly unicode: boolean;
  /** The text in a colour or weight, or unchanged. What it says must be said in words too. */
  readonly paint: (style: Style, text: string) => string;
}

/** What a piece of text is; its colour follows. */
export type Style = Health | 'heading' | 'faint';

/** The look for no terminal: no colour, any width. */
export const plainLook: Look = { width: undefined, unicode: true, paint: (_, text) => text };

/** The look for a stream. Colour is Node's own decision: a terminal that has it, `NO_COLOR`, `FORCE_COLOR`. */
export function lookOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Look {
  return {
    width: stream.isTTY && stream.columns > 0 ? stream.columns : undefined,
    unicode: isUtf8(env),
    // One format a call: given a list, Node 20 colours without asking the stream.
    paint: (style, text) => (text === '' ? text : styleText(colours[style], text, { stream })),
  };
}

const colours = {
  ok: 'green',
  busy: 'cyan',
  warning: 'yellow',
  failed: 'red',
  heading: 'bold',
  faint: 'dim',
} as const;

// locale(7): the first of these that is set and not empty decides.
function isUtf8({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}
