import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProgressLine } from '../../../../lib/lvm/jobs/progress-text.ts';

const words = { Converted: 'copy', Moved: 'move', Merged: 'merge' } as const;

describe('a line of progress', () => {
  it('is read as lvm 2.03.16 writes it', () => {
    expect(parseProgressLine('  vg/a: Converted: 43.33%')).toEqual({
      ...{ subject: 'vg/a', action: 'copy', percent: 43.33 },
    });
    expect(parseProgressLine('  /dev/mapper/pv3: Moved: 0.00%')?.subject).toBe('/dev/mapper/pv3');
    expect(parseProgressLine('  vg/o: Merged: 100.00%')).toMatchObject({ action: 'merge', percent: 100 });
  });

  it('is none in what else lvm writes', () => {
    for (const line of [
      ...['', '  Logical volume vg/a being converted.', '  vg/a: Converted: %', '  vg/a: Copied: 1.00%'],
      ...['  vg/a: Converted: 100.01%', '  vg/a: Converted: -1.00%', ': Moved: 1.00%', '  Moved: 1.00%'],
      '  vg/pvmove0: No pvmove in progress - already finished or aborted.',
    ])
      expect(parseProgressLine(line)).toBeNull();
  });

  it('is read for every name and every percentage of two decimals', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9+_.][A-Za-z0-9+_.-]{0,40}\/[A-Za-z0-9+_.:-]{1,60}$/),
        fc.constantFrom('Converted', 'Moved', 'Merged'),
        fc.integer({ min: 0, max: 10_000 }),
        (subject, word, hundredths) => {
          const percent = (hundredths / 100).toFixed(2);
          expect(parseProgressLine(`  ${subject}: ${word}: ${percent}%`)).toEqual({
            ...{ subject, action: words[word], percent: Number(percent) },
          });
        },
      ),
    );
  });

  it('never makes a ratio beyond 0 to 1, throws, or takes long, whatever the line', () => {
    const pieces = fc.constantFrom(
      ': ',
      'Moved',
      'Converted',
      'Merged',
      '%',
      '100',
      '.00',
      ' ',
      'a/b',
      '9'.repeat(400),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
        ),
        (line) => {
          const found = parseProgressLine(line);
          if (found === null) return;
          expect(found.percent).toBeGreaterThanOrEqual(0);
          expect(found.percent).toBeLessThanOrEqual(100);
          expect(found.subject).not.toBe('');
        },
      ),
    );
    const started = performance.now();
    parseProgressLine(`${': Moved'.repeat(20_000)}`);
    parseProgressLine(' '.repeat(200_000));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
