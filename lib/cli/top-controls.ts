import type { RowOrder } from '../view/order.ts';
import { displayWidth } from './text.ts';

/** What the keys have set. */
export interface Controls {
  /** The first row that shows. */
  readonly offset: number;
  readonly order: RowOrder;
  /** Rows that do not contain this do not show; case does not matter. */
  readonly filter: string;
  /** The filter is being typed. */
  readonly typing: boolean;
  /** Also internal layers that are well. */
  readonly all: boolean;
  readonly help: boolean;
}

/** A key as `node:readline` names it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

/** What a key asks for beyond other controls. */
export type Command = 'quit' | 'interrupt' | 'suspend' | 'redraw';

/** At the start. */
export const firstControls: Controls = {
  offset: 0,
  order: 'attention',
  filter: '',
  typing: false,
  all: false,
  help: false,
};

/** What a key does, on a screen that shows `page` of `rows` rows. */
export function press(
  controls: Controls,
  key: Key,
  { page, rows }: { readonly page: number; readonly rows: number },
): Controls | Command {
  const { name = '', sequence = '', ctrl = false } = key;
  if (ctrl) return commands.get(name) ?? controls;
  if (controls.typing) return type(controls, key);
  if (controls.help && name !== 'q') return { ...controls, help: false };
  const last = Math.max(0, rows - page);
  const scroll = (by: number): Controls => ({
    ...controls,
    offset: Math.min(last, Math.max(0, Math.min(last, controls.offset) + by)),
  });
  switch (sequence) {
    case '/':
      return { ...controls, typing: true };
    case '?':
      return { ...controls, help: true };
    case 'G':
      return scroll(rows);
  }
  switch (name) {
    case 'q':
      return 'quit';
    case 'up':
    case 'k':
      return scroll(-1);
    case 'down':
    case 'j':
      return scroll(1);
    case 'pageup':
      return scroll(-Math.max(1, page - 1));
    case 'pagedown':
    case 'space':
      return scroll(Math.max(1, page - 1));
    case 'home':
    case 'g':
      return scroll(-rows);
    case 'end':
      return scroll(rows);
    case 's':
      return { ...controls, order: after(controls.order), offset: 0 };
    case 'f':
      return { ...controls, typing: true };
    case 'a':
      return { ...controls, all: !controls.all, offset: 0 };
    case 'h':
      return { ...controls, help: true };
    case 'escape':
      return { ...controls, filter: '', offset: 0 };
    default:
      return controls;
  }
}

const commands: ReadonlyMap<string, Command> = new Map([
  ['c', 'interrupt'],
  ['z', 'suspend'],
  ['l', 'redraw'],
]);

const orders: readonly RowOrder[] = ['attention', 'name', 'fill', 'size'];

function after(order: RowOrder): RowOrder {
  return orders[(orders.indexOf(order) + 1) % orders.length] ?? 'attention';
}

// No name is longer: a device-mapper name has at most 127 bytes, a title a few more.
const longestFilter = 200;

function type(controls: Controls, { name = '', sequence = '', meta = false }: Key): Controls {
  switch (name) {
    case 'return':
    case 'enter':
      return { ...controls, typing: false };
    case 'escape':
      return { ...controls, typing: false, filter: '', offset: 0 };
    case 'backspace':
      return { ...controls, filter: [...controls.filter].slice(0, -1).join(''), offset: 0 };
  }
  const isText = !meta && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(sequence) && displayWidth(sequence) > 0;
  if (!isText || controls.filter.length + sequence.length > longestFilter) return controls;
  return { ...controls, filter: controls.filter + sequence, offset: 0 };
}
