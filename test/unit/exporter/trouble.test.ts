import { afterEach, describe, expect, it, vi } from 'vitest';
import { DmError, type DmReason } from '../../../lib/errors.ts';
import type { Looked } from '../../../lib/exporter/look.ts';
import type { MetricsSource } from '../../../lib/exporter/source.ts';
import { tellTrouble, troubleOf } from '../../../lib/exporter/trouble.ts';

const failure = (reason: DmReason, errno = 0): DmError =>
  new DmError({ reason, errno, operation: 'list', device: '', log: [] });
const looked = (look: Partial<Looked>): Looked => ({
  devices: [],
  error: null,
  isLate: false,
  since: 0,
  ...look,
});

afterEach(() => vi.useRealTimers());

describe('the trouble of a look', () => {
  it('is none where the kernel has answered', () => {
    expect(troubleOf(looked({}))).toBeNull();
  });

  it('is the error that the kernel was asked with', () => {
    const error = failure('no-driver');
    expect(troubleOf(looked({ error }))).toBe(error);
  });

  it('is a timeout where nothing has come back', () => {
    expect(troubleOf(looked({ isLate: true }))).toMatchObject({ reason: 'timed-out', code: 'ETIMEDOUT' });
  });
});

describe('the log', () => {
  function telling() {
    const source = { trouble: null as Error | null, gather: async () => [], monitor: {}, dm: {} };
    const lines: string[] = [];
    const told = tellTrouble(source as unknown as MetricsSource, (level, message, fields) =>
      lines.push([level, message, ...Object.values(fields ?? {})].join(' ')),
    );
    const gather = async (trouble: Error | null): Promise<void> => {
      source.trouble = trouble;
      await told.gather();
    };
    return { gather, lines };
  }

  it('has the reason and what to do once, a changed one too, and that it is over', async () => {
    const { gather, lines } = telling();
    for (const reason of ['no-driver', 'no-driver', 'no-privilege', 'no-privilege'] as const)
      await gather(failure(reason));
    await gather(null);
    await gather(null);
    expect(lines).toEqual([
      expect.stringMatching(/^error device-mapper does not answer no-driver .*modprobe dm-mod/),
      expect.stringMatching(/^error device-mapper does not answer no-privilege .*CAP_SYS_ADMIN/),
      'info device-mapper answers again',
    ]);
  });

  it('is not filled by what comes and goes, and has in the end what lasts', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { gather, lines } = telling();
    for (let round = 0; round < 100; round++) {
      await gather(failure('timed-out'));
      await gather(null);
    }
    expect(lines).toHaveLength(2);
    await gather(failure('timed-out'));
    expect(lines).toHaveLength(2);
    vi.advanceTimersByTime(61_000);
    await gather(failure('timed-out'));
    expect(lines).toHaveLength(3);
  });

  it('says nothing of a source that is well, or has no word for it', async () => {
    const { gather, lines } = telling();
    await gather(null);
    expect(lines).toEqual([]);
  });
});
