import { ReadStream, WriteStream } from 'node:tty';
import type { Command } from 'commander';
import type { Change, Monitor } from '../monitor/types.ts';
import { changeHealth, changeWords } from '../view/change-words.ts';
import { createRows } from '../view/live-rows.ts';
import { arrange } from '../view/order.ts';
import { createPaces } from '../view/paces.ts';
import { place } from '../view/place.ts';
import { type AskOptions, asking, silenceHelp, withAskOptions } from './asking.ts';
import { exitStatus } from './exit.ts';
import { complain, type End, type Io } from './io.ts';
import type { Look } from './look.ts';
import { type Controls, firstControls, type Key, press } from './top-controls.ts';
import { type ChangeNote, pageRows, type ScreenSize, type TopState, topScreen } from './top-screen.ts';
import { type Terminal, takeTerminal } from './top-terminal.ts';

/** Adds `devmapper top`. */
export function addTop(program: Command, io: Io, end: End): void {
  withAskOptions(program.command('top'), silenceHelp)
    .description('live view of all volumes, those that need attention first; q quits')
    .addHelpText('after', help)
    .action(async (options: AskOptions) => {
      const { input, output, look } = io;
      if (!(input instanceof ReadStream) || !(output instanceof WriteStream) || process.env.TERM === 'dumb') {
        complain(
          io,
          'top needs a terminal with a movable cursor on standard input and output; "devmapper status" prints all once, "devmapper watch" a line a change.',
        );
        end(exitStatus.usage);
        return;
      }
      await asking(options, async (dm) => {
        const monitor = dm.monitor({ deadline: options.timeout, keepAlive: true });
        try {
          await monitor.ready;
          end(await show(monitor, { input, output, look }));
        } finally {
          monitor.close();
        }
      });
    });
}

/** The view of a monitor that `top` keeps: all that is worked out between two screens. */
export interface TopView {
  /** Takes note of a change, for the lines at the bottom. */
  note(change: Change): void;
  /** Does what a key asks for, on a screen of that size. */
  key(key: Key, size: ScreenSize): ReturnType<typeof press>;
  /** The lines of a screen of that size, at a time in milliseconds since the epoch. */
  screen(size: ScreenSize, at: number): readonly string[];
}

/** Starts a view of a monitor. */
export function createView(monitor: Pick<Monitor, 'current' | 'source'>, look: Look): TopView {
  const rows = createRows();
  const paces = createPaces();
  let seen: Monitor['current'] | undefined;
  let controls: Controls = firstControls;
  let changes: readonly ChangeNote[] = [];
  let arranged: { readonly from: unknown; readonly by: string; readonly rows: TopState['rows'] } | undefined;

  const stateAt = (at: number): TopState => {
    if (monitor.current !== seen) {
      seen = monitor.current;
      const { read, gone } = rows.update(seen);
      for (const name of gone) paces.forget(name);
      for (const device of read)
        if (device.live) paces.observe(device);
        else paces.forget(device.name);
    }
    const total = rows.rows(controls.all);
    const by = `${controls.order} ${controls.filter}`;
    if (arranged?.from !== total || arranged.by !== by)
      arranged = { from: total, by, rows: arrange(total, controls) };
    return { rows: arranged.rows, total, changes, paces, source: monitor.source, at };
  };

  return {
    note(change) {
      if (change.kind === 'progressed') return;
      const { title, internal } = place(change, (name) => monitor.current.has(name));
      if (internal && !controls.all) return;
      const note = { at: change.at, title, words: changeWords(change), style: changeHealth(change) };
      changes = [...changes.slice(1 - mostNotes), note];
    },
    key(key, size) {
      const state = stateAt(Date.now());
      const next = press(controls, key, { page: pageRows(state, size), rows: state.rows.length });
      if (typeof next !== 'string') controls = next;
      return next;
    },
    screen: (size, at) => topScreen(stateAt(at), size, controls, look),
  };
}

const mostNotes = 50;

async function show(
  monitor: Monitor,
  { input, output, look }: { readonly input: ReadStream; readonly output: WriteStream; readonly look: Look },
): Promise<typeof exitStatus.ok | typeof exitStatus.interrupted> {
  const view = createView(monitor, look);
  return new Promise((resolve, reject) => {
    let terminal: Terminal | undefined;
    let soon: NodeJS.Timeout | undefined;
    const finish = (settle: () => void): void => {
      clearTimeout(soon);
      clearInterval(clock);
      stopListening();
      terminal?.close();
      settle();
    };
    const draw = (): void => {
      clearTimeout(soon);
      soon = undefined;
      if (terminal !== undefined) terminal.draw(view.screen(terminal.size(), Date.now()));
    };
    // Many devices may change at once: they are one frame.
    const drawSoon = (): void => {
      soon ??= setTimeout(draw, framePause);
    };
    const pressed = (key: Key): void => {
      if (terminal === undefined) return;
      switch (view.key(key, terminal.size())) {
        case 'quit':
          finish(() => resolve(exitStatus.ok));
          break;
        case 'interrupt':
          finish(() => resolve(exitStatus.interrupted));
          break;
        case 'suspend':
          terminal.suspend();
          break;
        case 'redraw':
          terminal.forget();
          draw();
          break;
        default:
          draw();
      }
    };
    const clock = setInterval(draw, clockPause);
    const stopListening = monitor.on((change) => {
      view.note(change);
      drawSoon();
    });
    monitor.until(() => undefined).catch((error) => finish(() => reject(error)));
    terminal = takeTerminal({ input, output }, pressed, draw);
    draw();
  });
}

const framePause = 100;
const clockPause = 1000;

const help = `
Sorted by what needs attention: failed, warning, busy, filling by more than half,
the rest. Keys: arrows, PgUp, PgDn, j and k scroll; s sorts otherwise; f or /
filters; a shows all internal layers; h is help; q quits.

Examples:
  devmapper top
  NO_COLOR=1 devmapper top`;
