import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../lib/cli/duration.ts';
import { exitStatus } from '../../../lib/cli/exit.ts';
import { type Look, plainLook } from '../../../lib/cli/look.ts';
import { displayWidth } from '../../../lib/cli/text.ts';
import { type Wanted, wait } from '../../../lib/cli/wait.ts';
import { logPace, type Step, stepMaker, terminalLine } from '../../../lib/cli/wait-progress.ts';
import type { DeviceMapper } from '../../../lib/device-mapper.ts';
import { DmError, type DmReason } from '../../../lib/errors.ts';
import type { WatchedDevice } from '../../../lib/monitor/types.ts';
import { formatSeconds } from '../../../lib/view/duration.ts';
import { lvmUuid } from './make.ts';
import { keepingIo, watched } from './watch-script.ts';

const wanted: Wanted = { name: 'vg-mir', title: 'vg/mir', milestone: 'in-sync', timeout: undefined };
const onTerminal: Look = { ...plainLook, width: 80 };

describe('devmapper wait', () => {
  it('ends with 0 when it has come, and says so', async () => {
    const { status, written, complained } = await waiting([mirror(16, 0), mirror(32, 1000)]);
    expect({ status, complained }).toEqual({ status: 0, complained: '' });
    expect(written).toMatch(/^vg\/mir {2}syncing {2}50\.00%\nvg\/mir {2}in sync after \d+s\n$/);
  });

  it.each<[string, Partial<Wanted>, readonly WatchedDevice[], string]>([
    [
      'a leg fails',
      {},
      [mirror(16, 0), mirror(16, 1000, 'AD')],
      'vg/mir has failed: degraded, leg 1 write failed, syncing.',
    ],
    ['a raid is degraded', {}, [raid('AD')], 'vg/mir has failed: degraded, leg 1 failed.'],
    [
      'nothing in it can get in sync',
      {},
      [watched('vg-mir', null, ['0 8 linear '])],
      'vg/mir is no mirror or RAID, so nothing in it could get in sync.',
    ],
    [
      'another device takes its name',
      {},
      [mirror(16, 0), { ...mirror(17, 1000), uuid: 'LVM-other' }],
      'vg/mir went away, and another device has its name.',
    ],
    [
      'a snapshot is not being merged',
      { milestone: 'merged' },
      [watched('vg-mir', null, ['0 8 snapshot 16/64 16'])],
      'vg/mir is a snapshot that is not being merged; wait for the origin that it is merged into.',
    ],
  ])('ends with 1 if %s', async (_, more, devices, message) => {
    const { status, complained } = await waiting(devices, more);
    expect({ status, complained }).toEqual({ status: 1, complained: `devmapper: ${message}\n` });
  });

  it('ends with 1 if the device goes away or fails for good, as the wait of the API says', async () => {
    expect(await waiting([mirror(16, 0)], {}, failure('no-device'))).toMatchObject({
      status: 1,
      complained: 'devmapper: vg/mir went away.\n',
    });
    expect(await waiting([mirror(16, 0)], {}, failure('other', 'it has failed: merge failed'))).toMatchObject(
      {
        status: 1,
        complained: 'devmapper: vg/mir has failed: merge failed.\n',
      },
    );
  });

  it('ends with 124 when the time is up, and says if the device gives no answer', async () => {
    const limit = { timeout: 5000 };
    expect(await waiting([mirror(16, 0)], limit, failure('timed-out'))).toMatchObject({
      status: exitStatus.timedOut,
      complained: expect.stringMatching(/^devmapper: vg\/mir is not in sync after \d+s\.\n$/),
    });
    const stale = { ...mirror(16, 0), staleSince: 0 };
    expect(await waiting([stale], limit, failure('timed-out'))).toMatchObject({
      complained: expect.stringMatching(/after \d+s, and gives no answer\.\n$/),
    });
  });

  it('rejects if device-mapper could not be asked, which is no end of the wait', async () => {
    const error = new DmError({ reason: 'no-privilege', errno: 13, operation: 'list', device: '', log: [] });
    await expect(waiting([], {}, error)).rejects.toBe(error);
  });

  it('draws a bar in place on a terminal, and leaves nothing of it', async () => {
    const { written } = await waiting(
      [mirror(16, 0), mirror(24, 1000), mirror(32, 2000)],
      {},
      undefined,
      onTerminal,
    );
    const [, ...drawn] = written.split('\r');
    expect(drawn[1]).toBe(
      'vg/mir  syncing  ██████████████████████████████░░░░░░░░░░  75.00%  16.00 MiB/s\x1b[K',
    );
    expect(drawn.at(-1)?.startsWith('\x1b[K')).toBe(true);
    expect(drawn.at(-1)).toMatch(/Kvg\/mir {2}in sync after \d+s\n$/);
  });

  it('takes strict durations', () => {
    expect(['500ms', '30s', '10m', '2h'].map(parseDuration)).toEqual([500, 30_000, 600_000, 7_200_000]);
    for (const wrong of [
      '',
      '0s',
      '10',
      's',
      '1.5h',
      '-1s',
      '1d',
      ' 1s',
      '1s ',
      '01s',
      '597h',
      '9'.repeat(400),
    ])
      expect(() => parseDuration(wrong), wrong).toThrow('such as 500ms');
  });

  it('writes times in two units', () => {
    const seconds = [0, 0.2, 59.5, 61, 3599, 3660, 86_399, 90_000, 86_400_000];
    expect(seconds.map(formatSeconds)).toEqual([
      '0s',
      '1s',
      '1m00s',
      '1m01s',
      '59m59s',
      '1h01m',
      '23h59m',
      '1d01h',
      '>1000d',
    ]);
  });
});

describe('the progress of a wait', () => {
  const step = (ratio: number | undefined): Step => ({
    title: 'x',
    words: '',
    ratio,
    percent: '',
    pace: undefined,
  });

  it('is a line of a log at the start, at every tenth and every 30 seconds', () => {
    const isDue = logPace();
    const looks = [
      [0.01, 0],
      [0.05, 1000],
      [0.1, 2000],
      [0.11, 3000],
      [0.35, 4000],
      [0.36, 33_999],
      [0.36, 34_000],
      [0.37, 40_000],
    ] as const;
    expect(looks.map(([ratio, now]) => isDue(step(ratio), now))).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    const silent = logPace();
    expect([0, 1000, 30_000].map((now) => silent(step(undefined), now))).toEqual([true, false, true]);
  });

  it('has rate and forecast once the slope says something', () => {
    const toStep = stepMaker('vg/mir');
    const lines = [0, 1, 2, 3, 4].map((second) =>
      terminalLine(toStep(mirror(8 + second, second * 1000)), { ...plainLook, width: 100 }),
    );
    expect(lines.at(-1)).toBe(
      `vg/mir  syncing  ${'█'.repeat(15)}${'░'.repeat(25)}  37.50%  2.00 MiB/s  synced in 20s`,
    );
  });

  it('begins at 0 for a merge, though the kernel does not tell how full the snapshot was', () => {
    const toStep = stepMaker('vg/root');
    const at = (used: number, readAt: number) =>
      toStep(watched('vg-root', lvmUuid('r'), [`0 65536 snapshot-merge ${used}/8192 16`], { readAt }));
    expect(at(4112, 0)).toMatchObject({ ratio: 0, words: 'merging, 2.00 MiB left' });
    expect(at(2064, 1000)).toMatchObject({ ratio: 0.5, percent: '50.00%' });
  });

  it('says that a device gives no answer', () => {
    expect(stepMaker('x')({ ...mirror(16, 0), staleSince: 0 }).words).toBe('gives no answer');
  });

  it.each([1, 5, 10, 20, 30, 45, 60, 200])('fits a terminal of %i columns', (width) => {
    const toStep = stepMaker('vg/a name that is longer than most');
    for (const look of [
      { ...plainLook, width },
      { ...plainLook, width, unicode: false },
    ]) {
      const line = terminalLine(toStep(mirror(16, 0)), look);
      expect(displayWidth(line)).toBeLessThan(Math.max(width, 1));
    }
  });
});

function mirror(regions: number, readAt: number, letters = 'AA'): WatchedDevice {
  const line = `0 131072 mirror 2 254:1 254:2 ${regions}/32 1 ${letters} 3 disk 254:0 A`;
  return watched('vg-mir', lvmUuid('m'), [line], { readAt });
}

function raid(letters: string): WatchedDevice {
  return watched('vg-mir', lvmUuid('m'), [`0 98304 raid raid1 2 ${letters} 98304/98304 idle 0 0 -`]);
}

function failure(reason: DmReason, ...log: readonly string[]): DmError {
  return new DmError({ reason, errno: 0, operation: 'wait', device: 'vg-mir', log });
}

// As the API's own: progress first, the signal is obeyed, then the end.
function scriptedWait(
  devices: readonly WatchedDevice[],
  error: Error | undefined,
): Pick<DeviceMapper, 'waitFor'> {
  return {
    async waitFor(_device, _milestone, { signal, onProgress } = {}) {
      for (const device of devices) {
        onProgress?.(device);
        if (signal?.aborted)
          throw Object.assign(new Error('aborted'), { name: 'AbortError', code: 'ABORT_ERR' });
      }
      const last = devices.at(-1);
      if (error !== undefined || last === undefined) throw error;
      return last;
    },
  };
}

async function waiting(
  devices: readonly WatchedDevice[],
  more: Partial<Wanted> = {},
  error?: Error,
  look: Look = plainLook,
) {
  const io = keepingIo(look);
  const status = await wait(scriptedWait(devices, error), { ...wanted, ...more }, io);
  return { status, written: io.written(), complained: io.complained() };
}
