import { describe, expect, it } from 'vitest';
import { replaceFailedDevice } from '../../lib/workflows/index.ts';
import { kernel, made } from './support/conversions.ts';
import { run } from './support/lab.ts';
import {
  bench,
  checksum,
  filled,
  layoutOf,
  openTools,
  raidInSync,
  refusalOf,
  rewrite,
} from './support/replace.ts';

const tools = openTools();
const vg = 'tiers';
const volume = `${vg}/data`;
const origin = `${vg}/data_corig`;
const disk = bench(tools, vg, 5, 4);
const path = (index: number): string => disk(index).path;

/** A raid1 on the disks 0 and 1 with a cache on disk 2; gives its checksum. */
async function cached(mode: 'writethrough' | 'writeback'): Promise<string> {
  const data = await filled(volume, 16, raidInSync, '--type', 'raid1', '-m1', path(0), path(1));
  const pool = ['--type', 'cache-pool', '-L', '12m', '--poolmetadatasize', '8m', '-n', mode, vg, path(2)];
  await made(...pool, '--poolmetadataspare', 'n');
  const cache = ['--yes', '--type', 'cache', '--cachemode', mode, '--cachepool', `${vg}/${mode}`, volume];
  await run('lvconvert', cache);
  return data;
}

describe('a cache whose disk is lost', { timeout: 600_000 }, () => {
  it('is named with what to do if no data are lost, while the RAID below it gets its copies back', async () => {
    const data = await cached('writethrough');
    await disk(0).fail();
    // By which the kernel notices.
    await rewrite(volume);
    await disk(2).fail();
    const refused = await refusalOf(replaceFailedDevice(tools, { vg }));
    expect(refused).toMatchObject({ reason: 'unsafe', step: null });
    const kept = await replaceFailedDevice(tools, { vg, keepLost: true });
    expect(kept).toMatchObject({ kept: [], blocked: [volume], repaired: [origin], removed: [] });
    expect(await kernel(origin)).toMatch(raidInSync);

    const [, command = '', words = ''] = /"(lvconvert) ([^"]*)"/.exec(refused.message) ?? [];
    await run(command, ['--yes', ...words.split(' ')]);
    expect(await checksum(volume)).toBe(data);
    const done = await replaceFailedDevice(tools, { vg });
    expect(done).toMatchObject({ outcome: 'done', blocked: [], destroyed: [] });
    expect(done.removed).toHaveLength(2);
    await disk(1).fail();
    expect(await checksum(volume)).toBe(data);
  });

  it('is the loss of the volume if it may have what is nowhere else; what is below stays as it is if the kernel knows of no loss', async () => {
    await cached('writeback');
    await disk(2).fail();
    await disk(0).fail();
    const refused = await refusalOf(replaceFailedDevice(tools, { vg }));
    expect(refused).toMatchObject({ reason: 'needs-consent', step: null });
    expect(refused.message).toMatch(/data does not survive: .*what was not written back/);
    const kept = await replaceFailedDevice(tools, { vg, keepLost: true });
    expect(kept).toMatchObject({ kept: [volume], blocked: [origin], repaired: [] });
    expect(kept.plan.warnings.join()).toMatch(/not noticed the loss .* lacks writeback_c/);
    expect(await layoutOf(vg)).toContain(`data_corig_rimage_1 ${path(1)}(1)`);
    const done = await replaceFailedDevice(tools, { vg, allowDestroy: [volume] });
    expect(done).toMatchObject({ destroyed: [volume], kept: [] });
    expect(await layoutOf(vg)).toEqual([]);
  });
});
