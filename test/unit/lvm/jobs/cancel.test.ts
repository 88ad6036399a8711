import { describe, expect, it, vi } from 'vitest';
import type { DeviceMapper } from '../../../../lib/device-mapper.ts';
import { LvmError } from '../../../../lib/lvm/errors.ts';
import type { Context } from '../../../../lib/lvm/execute.ts';
import { addedImages } from '../../../../lib/lvm/jobs/begun.ts';
import { cancel } from '../../../../lib/lvm/jobs/cancel.ts';
import { imagesToDrop } from '../../../../lib/lvm/jobs/cancel-mirror.ts';
import { follow } from '../../../../lib/lvm/jobs/follow.ts';
import type { UnderWay } from '../../../../lib/lvm/jobs/under-way.ts';
import { watchLvm } from '../../../../lib/lvm/jobs/watch-lvm.ts';
import { deadlineOf } from '../../../../lib/lvm/limits.ts';
import type { Run } from '../../../../lib/lvm/run.ts';
import { createSerial } from '../../../../lib/lvm/serial.ts';
import type { LvmState } from '../../../../lib/lvm/state.ts';

// A group by its mirrors (`a: [a_mimage_0, ...]`) and what is where, `device start size volume`.
function state(mirrors: Readonly<Record<string, readonly string[]>>, ...used: readonly string[]): LvmState {
  const pvSegs = used.map((line) => {
    const [pvName = '', start, size, lvName = null] = line.split(' ');
    return { pvName, start: Number(start), size: Number(size), lvName };
  });
  const names = new Set([...Object.keys(mirrors), ...Object.values(mirrors).flat()]);
  for (const { lvName } of pvSegs) if (lvName !== null) names.add(lvName);
  const lvs = [...names].map((name) => ({ name, vgName: 'vg', uuid: `uuid-${name}` }));
  const segs = Object.entries(mirrors).map(([lvName, images]) => ({
    ...{ lvName, segtype: 'mirror' },
    devices: images.map((name) => ({ name, extent: 0 })),
  }));
  return { groups: [{ vg: { name: 'vg' }, lvs, segs, pvSegs, pvs: [] }], orphans: [] } as unknown as LvmState;
}

const mirror: UnderWay = {
  ...{ kind: 'mirror', vg: 'vg', lv: 'a', uuid: 'uuid-a', converting: 'vg/a', volumes: ['a'] },
  ...{ needsLvm: false, isThin: false, percent: 40, action: null, source: null, extents: [] },
};

const two = state(
  { a: ['a_mimage_0', 'a_mimage_1'] },
  ...['/dev/b 0 8 a_mimage_0', '/dev/b 8 92', '/dev/c 0 8 a_mimage_1', '/dev/c 8 92', '/dev/d 0 100'],
);
const three = state(
  { a: ['a_mimage_0', 'a_mimage_1', 'a_mimage_2'] },
  ...['/dev/b 0 8 a_mimage_0', '/dev/c 0 8 a_mimage_1', '/dev/d 0 8 a_mimage_2', '/dev/d 8 92'],
);
const linear = state({}, '/dev/b 0 8 a', '/dev/b 8 92', '/dev/c 0 100', '/dev/d 0 100');
const layered = state(
  { a: ['a_mimagetmp_2', 'a_mimage_2'], a_mimagetmp_2: ['a_mimage_0', 'a_mimage_1'] },
  ...['/dev/b 0 8 a_mimage_0', '/dev/c 0 8 a_mimage_1', '/dev/d 0 8 a_mimage_2'],
);

describe('the images that a job has added to a mirror', () => {
  it('are those on extents that were free before', () => {
    expect(addedImages(linear, two, mirror)).toEqual(['uuid-a_mimage_1']);
    expect(addedImages(two, three, mirror)).toEqual(['uuid-a_mimage_2']);
  });

  it('are none after a resync, of a volume that is new, and if extents were in use by whatever it is', () => {
    expect(addedImages(three, three, mirror)).toEqual([]);
    expect(addedImages(state({}, '/dev/b 0 100', '/dev/c 0 100'), two, mirror)).toEqual([]);
    const other = state({}, '/dev/b 0 8 a', '/dev/c 0 6', '/dev/c 6 4 other');
    expect(addedImages(other, two, mirror)).toEqual([]);
  });
});

describe('what is taken out of a mirror', () => {
  it('are the images that the job has added, and no other', () => {
    expect(imagesToDrop(two, mirror, ['uuid-a_mimage_1'])).toEqual({
      argv: ['lvconvert', '--yes', '--mirrors', '0', '--', 'vg/a', '/dev/c'],
      ...{ left: 1, dropped: ['uuid-a_mimage_1'] },
    });
    expect(imagesToDrop(three, mirror, ['uuid-a_mimage_2']).argv).toEqual(
      'lvconvert --yes --mirrors 1 -- vg/a /dev/d'.split(' '),
    );
  });

  it('are those that lvm keeps apart from the old ones, whoever has begun it', () => {
    expect(imagesToDrop(layered, mirror, [])).toMatchObject({
      argv: 'lvconvert --yes --mirrors 1 -- vg/a /dev/d'.split(' '),
      left: 2,
    });
  });

  it.each([
    ['two', two],
    ['three', three],
  ])('is nothing of a mirror of %s that gets in sync, of which none is known to be new', (_, now) => {
    expect(() => imagesToDrop(now, mirror, [])).toThrow(
      expect.objectContaining({ reason: 'unsupported', changed: 'no' }),
    );
    // Images that are there no more, or whose first one is as new as the others.
    expect(() => imagesToDrop(now, mirror, ['uuid-gone'])).toThrow(LvmError);
    const all = now.groups[0]?.lvs.map(({ uuid }) => uuid) ?? [];
    expect(() => imagesToDrop(now, mirror, all)).toThrow(LvmError);
  });

  it('is nothing if an old image is on the same devices, which lvm would take as well', () => {
    const shared = state(
      { a: ['a_mimage_0', 'a_mimage_1'] },
      '/dev/b 0 8 a_mimage_0',
      '/dev/b 8 8 a_mimage_1',
    );
    expect(() => imagesToDrop(shared, mirror, ['uuid-a_mimage_1'])).toThrow(/no devices of their own/);
  });
});

function contextOf(run: (run: Run) => Promise<never>, more: Partial<Context> = {}): Context {
  const context = { run, serial: createSerial(), timeout: undefined, test: false, dm: undefined };
  return { ...context, ...more };
}

const nothingRuns = () =>
  vi.fn(async (run: Run): Promise<never> => Promise.reject(new Error(run.argv.join())));
const move: UnderWay = { ...mirror, kind: 'pvmove', lv: 'pvmove0', source: '/dev/b' };

describe('cancel', () => {
  it('changes nothing in an instance that only goes through commands, and says so', async () => {
    const run = nothingRuns();
    for (const was of [mirror, move])
      await expect(
        cancel(contextOf(run, { test: true }), was, [], deadlineOf(undefined, undefined)),
      ).rejects.toMatchObject({ reason: 'unsupported', message: expect.stringContaining('"test"') });
    expect(run).not.toHaveBeenCalled();
  });

  it('ends in its time, or by its signal, while another command has the turn', async () => {
    const run = nothingRuns();
    const context = contextOf(run);
    await context.serial.enter(['vg']);
    await expect(cancel(context, move, [], deadlineOf(undefined, 20))).rejects.toMatchObject({
      reason: 'timed-out',
      command: ['pvmove'],
    });
    const control = new AbortController();
    const call = cancel(context, move, [], deadlineOf(control.signal, undefined));
    control.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(run).not.toHaveBeenCalled();
    expect(context.serial.size()).toBe(1);
  });

  it('hands its signal and what is left of its time to lvm', async () => {
    const run = nothingRuns();
    const { signal } = new AbortController();
    await expect(cancel(contextOf(run), move, [], deadlineOf(signal, 5000))).rejects.toThrow('fullreport');
    expect(run.mock.calls[0]?.[0]).toMatchObject({ signal, timeout: expect.any(Number) });
  });
});

describe('a job whose kernel part is done', () => {
  const complete = {
    ...{ staleSince: null, info: { suspended: false } },
    segments: [
      { length: 8, status: { type: 'mirror', sync: { used: 1, total: 1 }, legs: [], log: { kind: 'core' } } },
    ],
  };
  const dm = {
    monitor: () => ({
      ready: Promise.resolve(),
      until: async (wanted: (devices: ReadonlyMap<string, unknown>) => unknown) =>
        wanted(new Map([['vg-a', complete]])) || Promise.reject(new Error('it did not change')),
      close: () => {},
    }),
  } as unknown as DeviceMapper;
  const converted: UnderWay = { ...mirror, needsLvm: true };
  const follower = (signal: AbortSignal) => ({
    interval: 10,
    signal,
    onMeasure: () => {},
    onPhase: () => {},
  });

  it('does not have lvm make it final any more when it is detached while it waits for its turn', async () => {
    const run = nothingRuns();
    const context = contextOf(run, { dm });
    const leave = await context.serial.enter(['vg']);
    const control = new AbortController();
    const end = follow(context, converted, follower(control.signal));
    end.catch(() => {});
    await vi.waitFor(() => expect(context.serial.size()).toBe(2));
    control.abort();
    leave();
    await expect(end).rejects.toMatchObject({ name: 'AbortError' });
    expect(run).not.toHaveBeenCalled();
  });

  it('has lvm make it final, with the signal, but not in an instance that only goes through commands', async () => {
    const { signal } = new AbortController();
    const run = nothingRuns();
    await expect(follow(contextOf(run, { dm }), converted, follower(signal))).rejects.toThrow('--poll');
    expect(run.mock.calls[0]?.[0]).toMatchObject({ signal });
    run.mockClear();
    await expect(follow(contextOf(run, { dm, test: true }), converted, follower(signal))).rejects.toThrow(
      'it did not change',
    );
    expect(run).not.toHaveBeenCalled();
  });

  it('is not made final by lvpoll there either: the report is all that is asked', async () => {
    const run = nothingRuns();
    const told: number[] = [];
    const watch = watchLvm(contextOf(run, { test: true }), 1);
    await watch.next(mirror, ({ done }) => void told.push(Number(done)), new AbortController().signal);
    expect(told).toEqual([40]);
    expect(run).not.toHaveBeenCalled();
  });
});
