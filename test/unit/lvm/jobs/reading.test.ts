import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StatusSegment } from '../../../../lib/device.ts';
import { readingOf } from '../../../../lib/lvm/jobs/reading.ts';
import { decode } from '../../../../lib/targets/index.ts';

// Lines as dmsetup status prints them.
function segments(...lines: readonly string[]): readonly StatusSegment[] {
  return lines.map((line) => {
    const [start = '', length = '', target = '', ...params] = line.split(' ');
    return { start: Number(start), length: Number(length), status: decode(target, params.join(' '), {}) };
  });
}

describe('what the kernel says of a mirror', () => {
  it('is its regions', () => {
    expect(readingOf(segments('0 163840 mirror 2 254:3 254:1 21/40 1 AA 1 core'), 'in-sync')).toEqual({
      state: 'running',
      measure: {
        ...{ ratio: 0.525, done: 21, total: 40, unit: 'regions' },
        action: 'copy',
        bytes: 83_886_080,
      },
    });
    expect(readingOf(segments('0 163840 mirror 2 254:3 254:1 40/40 1 AA 1 core'), 'in-sync').state).toBe(
      'complete',
    );
  });

  it('is the end if an image or the log has failed, but not for a read error', () => {
    expect(readingOf(segments('0 163840 mirror 2 254:3 254:1 21/40 1 AD 1 core'), 'in-sync')).toEqual({
      state: 'failed',
      problem: 'image 1 (device 254:1) has an error: write failed',
    });
    const log = readingOf(segments('0 163840 mirror 2 254:3 254:1 21/40 1 AA 3 disk 254:4 D'), 'in-sync');
    expect(log.state).toBe('failed');
    expect(readingOf(segments('0 163840 mirror 2 254:3 254:1 21/40 1 AR 1 core'), 'in-sync').state).toBe(
      'running',
    );
  });
});

describe('what the kernel says of a pvmove of several parts', () => {
  const at = (...parts: readonly string[]) => readingOf(segments(...parts), 'in-sync');

  it('counts what lies before the part that is copied as moved, and what lies behind it as not', () => {
    const middle = at(
      '0 40960 linear ',
      '40960 40960 mirror 2 254:0 254:1 5/10 1 AA 1 core',
      '81920 40960 linear ',
    );
    expect(middle).toMatchObject({
      state: 'running',
      measure: { ratio: 0.5, done: 61_440, total: 122_880, unit: 'sectors' },
    });
  });

  it('is between two parts when one is copied and more lie behind it', () => {
    expect(at('0 40960 mirror 2 254:0 254:1 10/10 1 AA 1 core', '40960 40960 linear ').state).toBe('between');
    expect(at('0 40960 linear ', '40960 40960 mirror 2 254:0 254:1 10/10 1 AA 1 core').state).toBe(
      'complete',
    );
    expect(at('0 40960 linear ', '40960 40960 linear ').state).toBe('unknown');
  });

  it('never goes back, part by part', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 8 }), (regions) => {
        let last = 0;
        for (const [part, count] of regions.entries())
          for (let done = 0; done <= count; done++) {
            const reading = at(
              ...regions.map((each, index) =>
                index === part
                  ? `0 ${each * 4096} mirror 2 254:0 254:1 ${done}/${each} 1 AA 1 core`
                  : `0 ${each * 4096} linear `,
              ),
            );
            const ratio = 'measure' in reading ? (reading.measure?.ratio ?? -1) : -1;
            expect(ratio).toBeGreaterThanOrEqual(last);
            last = ratio;
          }
        expect(last).toBe(1);
      }),
    );
  });
});

describe('what the kernel says of an array', () => {
  const at = (line: string, aim: 'in-sync' | 'checked' = 'in-sync') =>
    readingOf(segments(`0 163840 raid ${line}`), aim);

  it('is its action and the sectors of one device', () => {
    expect(at('raid1 2 Aa 10368/163840 recover 0 0 -')).toMatchObject({
      state: 'running',
      measure: { done: 10_368, total: 163_840, unit: 'sectors', action: 'recover' },
    });
    expect(at('raid1 2 AA 163840/163840 idle 0 0 -').state).toBe('complete');
  });

  it('is no end before the recovery has begun, nor while it is frozen', () => {
    expect(at('raid1 2 Aa 0/163840 idle 0 0 -').state).toBe('unknown');
    expect(at('raid1 2 Aa 5/163840 frozen 0 0 -').state).toBe('unknown');
  });

  it('is the end of a check when it idles, and of a sync also while it is checked', () => {
    expect(at('raid1 2 AA 5248/81920 check 0 0 -', 'checked')).toMatchObject({ state: 'running' });
    expect(at('raid1 2 AA 81920/81920 idle 128 0 -', 'checked').state).toBe('complete');
    expect(at('raid1 2 AA 5248/81920 check 0 0 -').state).toBe('complete');
  });

  it('is the end if an image has failed and nothing fills another', () => {
    expect(at('raid1 2 AD 163840/163840 idle 0 0 -')).toEqual({
      state: 'failed',
      problem: 'image 1 has failed or is missing',
    });
    expect(at('raid6_zr 4 AADa 100/163840 recover 0 0 -').state).toBe('running');
  });
});

describe('what the kernel says of a merge', () => {
  const at = (params: string) => readingOf(segments(`0 163840 snapshot-merge ${params}`), 'in-sync');

  it('is the room in the store, as lvm counts it', () => {
    expect(at('61440/122880 240')).toMatchObject({
      state: 'running',
      measure: { done: 61_440, total: 122_640, unit: 'sectors', action: 'merge' },
    });
    expect(at('16/122880 16')).toMatchObject({ state: 'complete', measure: { ratio: 1 } });
  });

  it('is the end if it failed', () => {
    expect(at('Merge failed').state).toBe('failed');
    expect(at('Invalid').state).toBe('failed');
    expect(at('Unknown').state).toBe('unknown');
  });
});

it('what the kernel says of anything is read without throwing', () => {
  const word = fc.constantFrom(
    '2',
    '254:1',
    '5/10',
    'AA',
    'Aa',
    '1',
    'core',
    'raid1',
    'idle',
    'check',
    '0',
    '-',
    'Merge',
    'x',
  );
  const target = fc.constantFrom('mirror', 'raid', 'snapshot-merge', 'linear', 'error', 'nonsense');
  fc.assert(
    fc.property(fc.array(fc.tuple(target, fc.array(word, { maxLength: 9 })), { maxLength: 4 }), (parts) => {
      const lines = parts.map(([name, params]) => `0 8192 ${name} ${params.join(' ')}`);
      for (const aim of ['in-sync', 'checked'] as const) {
        const reading = readingOf(segments(...lines), aim);
        if ('measure' in reading && reading.measure !== null)
          expect(reading.measure.ratio).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});
