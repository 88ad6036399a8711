import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceOf, freezeRefusal } from '../../../../lib/workflows/system/freeze-refusal.ts';
import { keeperText } from '../../../../lib/workflows/system/keeper-program.ts';
import { type Mount, mounts } from '../../../../lib/workflows/system/mounts.ts';
import { onePerFilesystem, quiesce } from '../../../../lib/workflows/system/quiesce.ts';

const mount = (target: string, device: string, root = '/'): Mount => ({
  ...{ target, source: '/dev/x', type: 'ext4', device, options: ['rw'], root },
});

describe('onePerFilesystem', () => {
  it('has each file system once, by a mount of all of it, the last mounted first', () => {
    const all = [
      mount('/a/part', '8:1', '/part'),
      mount('/a', '8:1'),
      mount('/a/b', '8:2'),
      mount('/c', '8:1'),
    ];
    expect(onePerFilesystem(all).map(({ target }) => target)).toEqual(['/a/b', '/a']);
  });

  it('takes a mount of a part if there is no other', () => {
    expect(onePerFilesystem([mount('/p', '8:1', '/p'), mount('/q', '8:1', '/q')])).toHaveLength(1);
  });
});

describe('deviceOf', () => {
  const all = [mount('/', '8:1'), mount('/srv', '8:2'), mount('/srv/a', '8:3'), mount('/srv/a', '8:4')];

  it('is that of the mount that a path lies on', () => {
    expect(deviceOf('/', all)).toBe('8:1');
    expect(deviceOf('/srv', all)).toBe('8:2');
    expect(deviceOf('/srvx', all)).toBe('8:1');
    expect(deviceOf('/srv/ab', all)).toBe('8:2');
    expect(deviceOf('/x', [])).toBeNull();
  });

  it('is that of the upper one of two', () => expect(deviceOf('/srv/a/b', all)).toBe('8:4'));

  it('is one of the mounts, whatever the path', () => {
    fc.assert(
      fc.property(fc.string(), (path) => {
        expect(['8:1', '8:2', '8:3', '8:4']).toContain(deviceOf(`/${path}`, all));
      }),
    );
  });
});

describe('freezeRefusal', () => {
  it('refuses the root, and what holds device nodes', async () => {
    const all = await mounts();
    const root = all.find(({ target }) => target === '/');
    expect(root && (await freezeRefusal(root))).toBe('/ is the root file system');
    const dev = deviceOf('/dev', all) ?? '';
    expect(await freezeRefusal(mount('/x', dev))).not.toBeNull();
  });

  it('lets go what holds nothing of it, unless it is needed', async () => {
    expect(await freezeRefusal(mount('/x', '4000:1'))).toBeNull();
    const proc = (await mounts()).find(({ target }) => target === '/proc');
    if (proc === undefined || !existsSync('/proc/self')) throw new Error('no /proc');
    expect(await freezeRefusal(proc)).toBeNull();
    expect(await freezeRefusal(proc, ['/proc/x/y'])).toBe('/proc holds /proc/x/y, which is needed meanwhile');
  });
});

describe('quiesce', () => {
  it('does nothing for none, and for no mounts', async () => {
    for (const [mounted, how] of [
      [[mount('/x', '8:1')], 'none'],
      [[], 'freeze'],
    ] as const) {
      const quiet = await quiesce(mounted, how, { deadline: 1000 });
      expect(quiet.how).toBe(how);
      expect(await quiet.release()).toEqual({ held: true });
      expect(quiet.broken.aborted).toBe(false);
    }
  });

  it('takes a deadline that a timer can count, and a signal that has fired', async () => {
    for (const deadline of [0, -1, 1.5, Number.POSITIVE_INFINITY])
      await expect(quiesce([], 'freeze', { deadline })).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    const signal = AbortSignal.abort();
    await expect(quiesce([], 'freeze', { deadline: 1, signal })).rejects.toMatchObject({ code: 'ABORT_ERR' });
  });
});

it('has a keeper whose text stands for itself', () => {
  expect(() => new Function('require', keeperText())).not.toThrow();
  expect(keeperText()).not.toMatch(/__vi_|import\(|_interop/);
});
