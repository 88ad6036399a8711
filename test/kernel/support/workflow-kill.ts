import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Plan } from '../../../lib/workflows/plan.ts';
import { openLvm } from './lvm.ts';

/** When a workflow is killed: at the start of a step, while a command of it runs, at its end, or when it is cleaned up. */
export type Moment = 'before' | 'during' | 'after' | 'cleanup';

/** A call of a workflow that can be made in another process. */
export interface Call {
  /** The name of the exported function. */
  readonly workflow: string;
  /** Its options; JSON has to be able to carry them (sizes as `{ extents }`, or text). */
  readonly options: Readonly<Record<string, unknown>>;
  /** What is done in its callback, if it has one: `nothing`, or `wait` until the signal. */
  readonly callback?: 'nothing' | 'wait' | undefined;
}

/** One line that the process said. */
export interface Said {
  readonly kind: string;
  readonly step?: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly left?: readonly { readonly state: string; readonly next: string }[];
}

/** How a call in another process ended. */
export interface Ended {
  /** Whether it was killed; false if it ended before it came to that. */
  readonly killed: boolean;
  readonly said: readonly Said[];
  /** Its last line: the result or the error; undefined if it was killed. */
  readonly end: Said | undefined;
}

/** Runs a workflow in a process of its own, from `dist`, and kills it with SIGKILL at a step, if asked to. */
export async function callApart(
  call: Call,
  kill?: { readonly step: string; readonly moment: Moment } | undefined,
): Promise<Ended> {
  const script = fileURLToPath(new URL('./workflow-child.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify({ ...call, kill })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  // Not `close`: an lvm that outlives its parent may hold the pipe.
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  const said = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Said);
  const end = said.find(({ kind }) => kind === 'result' || kind === 'error');
  return { killed: signal === 'SIGKILL', said, end };
}

/** Resolves when no lvm command runs any more: those that outlived a killed process come to their end by themselves. */
export async function lvmIsQuiet(vg: string): Promise<void> {
  // A report waits for the group's lock.
  await openLvm().vgs({ targets: [vg] });
}

/** A workflow, and how to see that nothing was lost. */
export interface KillTest {
  readonly vg: string;
  /** Makes volumes anew, after removing what was there; what the call is to be. */
  setUp(): Promise<Call>;
  /** The plan of that call. */
  plan(call: Call): Promise<Plan>;
  /** What is there after the kill, in a few words. */
  left(): Promise<string>;
  /** Fails unless, after the second run, the data are right and nothing is left over that the outcome does not name. */
  check(second: Ended): Promise<void>;
  /** Default: before and during each step, and during each clean-up. Given a function, those of each step by its name. */
  readonly moments?: readonly Moment[] | ((step: string) => readonly Moment[]);
}

/** A row of the matrix: killed where, what was left, what the second run came to. */
export interface Row {
  readonly step: string;
  readonly moment: string;
  readonly left: string;
  readonly second: string;
}

/**
 * Kills a workflow at every step of its plan, runs it again, and checks what came of it; prints the matrix. A case that
 * ends before it came to the kill is a row as well, and says so.
 */
export async function killAtEachStep(test: KillTest): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const first = await test.setUp();
  const { workflow, steps } = await test.plan(first);
  const cases = steps.flatMap(({ name }): readonly { step: string; moment: Moment }[] => {
    if (name.endsWith('-release')) return [{ step: name.slice(0, -'-release'.length), moment: 'cleanup' }];
    const { moments = ['before', 'during'] } = test;
    return (typeof moments === 'function' ? moments(name) : moments).map((moment) => ({
      step: name,
      moment,
    }));
  });
  for (const [index, kill] of cases.entries()) {
    const call = index === 0 ? first : await test.setUp();
    const killed = await callApart(call, kill);
    await lvmIsQuiet(test.vg);
    const left = killed.killed ? await test.left() : `not killed: ${wordsOf(killed)}`;
    const second = await callApart(call);
    rows.push({ ...kill, left, second: wordsOf(second) });
    try {
      await test.check(second);
    } catch (error) {
      process.stdout.write(matrix(workflow, rows));
      throw new Error(`${workflow} killed ${kill.moment} ${kill.step}: ${String(error)}`, { cause: error });
    }
  }
  process.stdout.write(matrix(workflow, rows));
  expect(rows.length).toBeGreaterThan(0);
  return rows;
}

function wordsOf({ end }: Ended): string {
  if (end === undefined) return 'killed';
  return end.kind === 'result' ? (end.outcome ?? '') : `${end.reason ?? 'error'}: ${end.message ?? ''}`;
}

function matrix(workflow: string, rows: readonly Row[]): string {
  const cells = [
    ['killed', 'at step', 'what was left', 'second run'],
    ...rows.map(({ step, moment, left, second }) => [moment, step, left, second]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `\nMATRIX ${workflow}\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
