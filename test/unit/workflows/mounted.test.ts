import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isMountedOn, requireMountPoint, requireShown } from '../../../lib/workflows/mounted.ts';
import { useStep } from '../../../lib/workflows/split/tracked-use.ts';
import { mounts } from '../../../lib/workflows/system/mounts.ts';

const proc = async (): Promise<string> =>
  (await mounts()).findLast(({ target }) => target === '/proc')?.device ?? '';

async function inDirectory(use: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'devmapper-mounted-'));
  await use(path).finally(() => rmdir(path));
}

describe('a directory', () => {
  it('shows what is mounted on it, and not what is not', async () => {
    expect(await isMountedOn(await proc(), '/proc')).toBe(true);
    expect(await isMountedOn('8:65535', '/proc')).toBe(false);
    await inDirectory(async (path) => expect(await isMountedOn(await proc(), path)).toBe(false));
    await expect(requireShown('vg/lv', '8:65535', '/proc')).rejects.toMatchObject({
      ...{ reason: 'failed', message: expect.stringContaining('/proc does not show vg/lv any more') },
    });
    await requireShown('vg/lv', '8:65535', null);
  });

  it('can be mounted on if it is there, and nothing else that stays is', async () => {
    await expect(requireMountPoint('/nowhere/at/all', [])).rejects.toMatchObject({ reason: 'not-found' });
    await expect(requireMountPoint('/proc/', [])).rejects.toMatchObject({ reason: 'in-use' });
    await requireMountPoint('/proc', [await proc()]);
    await inDirectory((path) => requireMountPoint(path, []));
  });
});

describe('the callback of a split for a while', () => {
  const used = (mounted: string | null, callback: () => unknown, signal = new AbortController().signal) => {
    const leg = { volume: 'vg/lv_rimage_1', path: '8:65535', mounted };
    const tracked = { image: { fullName: leg.volume }, callback, found: { leg } };
    const step = useStep(tracked as unknown as Parameters<typeof useStep>[0]);
    return step.perform({ signal, progress: () => {}, warn: () => {} });
  };

  it('is not trusted if its directory shows something else in the end', async () => {
    await expect(used('/proc', () => 0)).rejects.toMatchObject({
      message: '/proc does not show vg/lv_rimage_1 any more: what was read there is not to be trusted',
    });
    await used(null, () => 0);
  });

  it('fails with what it failed with, aborted or not', async () => {
    const error = new Error('tape full');
    const fail = () => Promise.reject(error);
    await expect(used('/proc', fail)).rejects.toBe(error);
    await expect(used('/proc', fail, AbortSignal.abort())).rejects.toBe(error);
    await expect(used('/proc', () => 0, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});
