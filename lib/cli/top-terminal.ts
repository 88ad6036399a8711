import { writeSync } from 'node:fs';
import { emitKeypressEvents } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { exitStatus } from './exit.ts';
import type { Key } from './top-controls.ts';
import type { ScreenSize } from './top-screen.ts';

/** A terminal that is ours as a whole until it is given back. */
export interface Terminal {
  size(): ScreenSize;
  /** Shows these lines, writing only those that changed; does nothing while the terminal takes no more. */
  draw(lines: readonly string[]): void;
  /** Draws everything at the next call of `draw`. */
  forget(): void;
  /** Gives the terminal back and stops the process; goes on with SIGCONT. */
  suspend(): void;
  /** Gives the terminal back. May be called again. */
  close(): void;
}

/**
 * Takes a terminal: other screen, no cursor, keys as they are pressed. However the process ends, but for SIGKILL and
 * crashes of the runtime, it is given back before. `changed` is called when the size is another or the screen is
 * lost.
 */
export function takeTerminal(
  { input, output }: { readonly input: ReadStream; readonly output: WriteStream },
  onKey: (key: Key) => void,
  changed: () => void,
): Terminal {
  let shown: readonly string[] = [];
  let isTaken = false;

  const take = (): void => {
    if (isTaken) return;
    isTaken = true;
    shown = [];
    input.setRawMode(true);
    output.write(enter);
  };
  const give = (): void => {
    if (!isTaken) return;
    isTaken = false;
    // At the end of a process there is no time for a stream to write.
    writeNow(leave);
    try {
      input.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
  };
  const suspend = (): void => {
    give();
    process.kill(process.pid, 'SIGSTOP');
  };
  const goOn = (): void => {
    take();
    changed();
  };
  const resized = (): void => {
    shown = [];
    changed();
  };
  const keyPressed = (_: string | undefined, key: Key): void => onKey(key);
  const ends = [...endSignals].map(([signal, status]) => [signal, () => process.exit(status)] as const);

  emitKeypressEvents(input);
  input.on('keypress', keyPressed).resume();
  output.on('resize', resized);
  process.on('exit', give).on('uncaughtExceptionMonitor', give);
  process.on('SIGTSTP', suspend).on('SIGCONT', goOn);
  for (const [signal, end] of ends) process.on(signal, end);
  take();

  return {
    size: () => ({ width: output.columns, height: output.rows }),
    draw(lines) {
      if (!isTaken || output.writableNeedDrain) return;
      const changes = lines.map((line, index) =>
        line === shown[index] ? '' : `\x1b[${index + 1};1H${line}\x1b[K`,
      );
      const written = (shown.length === 0 ? '\x1b[2J' : '') + changes.join('');
      shown = lines;
      if (written !== '') output.write(written);
    },
    forget() {
      shown = [];
    },
    suspend,
    close() {
      give();
      input.off('keypress', keyPressed).pause();
      output.off('resize', resized);
      process.off('exit', give).off('uncaughtExceptionMonitor', give);
      process.off('SIGTSTP', suspend).off('SIGCONT', goOn);
      for (const [signal, end] of ends) process.off(signal, end);
    },
  };
}

// xterm's control sequences: 1049 the other screen, 25 the cursor, 7 the wrapping of long lines.
const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const leave = '\x1b[?7h\x1b[?25h\x1b[?1049l';

const endSignals = new Map<NodeJS.Signals, number>([
  ['SIGHUP', exitStatus.hungUp],
  ['SIGINT', exitStatus.interrupted],
  ['SIGQUIT', exitStatus.quit],
  ['SIGTERM', exitStatus.terminated],
]);

const standardOutput = 1;

function writeNow(text: string): void {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      writeSync(standardOutput, text);
      return;
    } catch (error) {
      // The terminal is gone, or takes no more for a moment.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
}
