import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoopDisk } from './lab.ts';
import { until } from './moment.ts';

/** Reads and writes that each disk has completed: fields 1 and 5 (Documentation/block/stat.rst). */
export async function traffic(disks: readonly LoopDisk[]): Promise<readonly string[]> {
  const counters = disks.map(async ({ path }) => {
    const text = await readFile(`/sys/block/${path.slice('/dev/'.length)}/stat`, 'utf8');
    const fields = text.trim().split(/\s+/);
    return `${path} ${fields[0]} reads, ${fields[4]} writes`;
  });
  return Promise.all(counters);
}

/** The same, once it has not changed for 3 s: writes are followed by a pool's commit and a raid's superblocks. */
export async function restingTraffic(disks: readonly LoopDisk[]): Promise<readonly string[]> {
  const twice = async () => {
    const before = await traffic(disks);
    await sleep(3000);
    return { before, after: await traffic(disks) };
  };
  const { after } = await until(twice, (now) => String(now.before) === String(now.after), 60);
  return after;
}
