// Runs a command on a terminal of its own and prints what its screen shows at given moments, as text.
// Usage: node scripts/capture-terminal.mjs COLUMNS ROWS MOMENTS COMMAND [ARGUMENT]...
// MOMENTS: seconds with commas, such as 2,5.5; after "=" what is typed then: 2,4=s,6=q. At a key nothing is printed.
import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';

const [columns, rows, moments, ...command] = process.argv.slice(2);
if (command.length === 0) {
  console.error('Usage: node scripts/capture-terminal.mjs COLUMNS ROWS MOMENTS COMMAND [ARGUMENT]...');
  process.exit(2);
}

const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
// script(1) is the terminal's other end; what it makes has no size of its own.
const child = spawn(
  'script',
  ['-qefc', `stty cols ${Number(columns)} rows ${Number(rows)}; exec ${quoted}`, '/dev/null'],
  { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NO_COLOR: '1', TERM: 'xterm' } },
);
const screen = createScreen(Number(columns), Number(rows));
child.stdout.setEncoding('utf8').on('data', screen.write);
const ended = new Promise((resolve) => child.once('close', resolve));

const start = performance.now();
for (const moment of moments.split(',')) {
  const [seconds, key] = moment.split('=');
  await Promise.race([setTimeout(Math.max(0, Number(seconds) * 1000 - (performance.now() - start))), ended]);
  if (key === undefined) print(`after ${seconds} s`);
  else child.stdin.write(key.replaceAll('\\e', '\x1b').replaceAll('\\r', '\r'));
}
const status = await ended;
print(`ended with status ${status}`);

function print(title) {
  const lines = screen.lines();
  while (lines.at(-1) === '') lines.pop();
  console.log([`-- ${title}`, ...lines, ''].join('\n'));
}

// As much of a terminal as the programs here use: placing the cursor, clearing, the other screen; colours are left out.
function createScreen(width, height) {
  let grid = blank();
  let kept = grid;
  let [x, y] = [0, 0];
  let rest = '';

  function blank() {
    return Array.from({ length: height }, () => Array(width).fill(' '));
  }
  function put(character) {
    if (character === '\r') x = 0;
    else if (character === '\n') {
      if (y < height - 1) y++;
      else grid = [...grid.slice(1), Array(width).fill(' ')];
    } else if (character >= ' ' && x < width) grid[y][x++] = character;
  }
  function control(parameters, letter) {
    if (letter === 'H') [y, x] = [...parameters.split(';').map((text) => Number(text || 1) - 1), 0];
    else if (letter === 'K') grid[y].fill(' ', x);
    else if (letter === 'J') grid = blank();
    else if (parameters === '?1049') {
      if (letter === 'h') kept = grid;
      grid = letter === 'h' ? blank() : kept;
      if (letter === 'h') [x, y] = [0, 0];
    }
  }
  return {
    write(text) {
      const all = rest + text;
      rest = '';
      for (const [piece, parameters, letter, unfinished] of all.matchAll(
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
        /\x1b\[([?\d;]*)([A-Za-z])|(\x1b(?:\[[?\d;]*)?$)|./gsu,
      )) {
        if (unfinished !== undefined) rest = unfinished;
        else if (letter === undefined) put(piece);
        else control(parameters, letter);
      }
    },
    lines: () => grid.map((line) => line.join('').trimEnd()),
  };
}
