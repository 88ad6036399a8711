import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../../lib/cli/text.ts';
import { progressLine, progressView } from '../../../lib/cli/workflow-progress.ts';
import type { WorkflowProgress } from '../../../lib/workflows/progress.ts';
import { keepingIo } from './watch-script.ts';

const about = { step: 'wait', title: 'Wait until vg/o is merged', index: 2, count: 12 };
const moved = (ratio: number | null): WorkflowProgress => ({
  kind: 'step-progressed',
  ...about,
  ...{ ratio, bytesPerSecond: 10 * 1024 * 1024, remaining: 4000, detail: 'vg/o' },
});

function shown(all: readonly WorkflowProgress[], { json = false, columns = 0 } = {}): string {
  const io = keepingIo();
  if (columns > 0) Object.assign(io.problems, { isTTY: true, columns });
  const view = progressView(io, json);
  for (const one of all) view.show(one);
  view.clear();
  expect(io.written()).toBe('');
  return io.complained();
}

describe('the progress of a workflow', () => {
  it('is a line of what is known', () => {
    expect(progressLine(moved(0.5))).toBe(
      ' 3/12  Wait until vg/o is merged  vg/o  50.00%  10.00 MiB/s  4s left',
    );
    expect(progressLine({ kind: 'step-progressed', ...about, ratio: null })).toBe(
      ' 3/12  Wait until vg/o is merged',
    );
    expect(progressLine({ kind: 'warning', step: null, text: 'a\x1bb' })).toBe('warning: a\\x1bb');
  });

  it('has 100 percent only when it is done', () => {
    expect(progressLine(moved(0.999_999))).toContain('  99.99%');
    expect(progressLine(moved(1))).toContain('  100.00%');
  });

  it('goes to standard error: elsewhere than on a terminal a line every tenth', () => {
    const ratios = Array.from({ length: 101 }, (_, index) => moved(index / 100));
    const lines = shown([{ kind: 'step-started', ...about }, ...ratios]).split('\n');
    expect(lines).toHaveLength(1 + 11 + 1);
    expect(lines.join('\n')).not.toContain('\x1b');
  });

  it('on a terminal is one line that moves, and a line that stays for each step that is done', () => {
    const text = shown(
      [{ kind: 'step-started', ...about }, moved(0.5), moved(0.75), { kind: 'step-finished', ...about }],
      { columns: 80 },
    );
    expect(text.split('\n')).toHaveLength(2);
    expect(text.endsWith('\r\x1b[K 3/12  Wait until vg/o is merged  0s\n')).toBe(true);
  });

  it('tells of what is cleaned up, and of what could not be', () => {
    const cleanup = { step: 'mount', title: 'Unmount vg/s' };
    expect(
      shown([
        { kind: 'cleanup-started', ...cleanup },
        { kind: 'cleanup-failed', ...cleanup },
      ]),
    ).toBe('clean-up  Unmount vg/s\nclean-up failed  Unmount vg/s\n');
  });

  it('never fills the line of a terminal, so that it does not break, however narrow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 200 }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.string(),
        (columns, ratio, title) => {
          const text = shown([{ ...moved(ratio), title } as WorkflowProgress], { columns });
          for (const line of stripVTControlCharacters(text).split('\r'))
            expect(displayWidth(line)).toBeLessThan(columns);
        },
      ),
    );
  });

  it('is a JSON line each with --json', () => {
    const lines = shown([{ kind: 'step-started', ...about }, moved(0.5)], { json: true })
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual(['step-started', 'step-progressed']);
  });
});
