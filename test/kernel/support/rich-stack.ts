import { write } from './disks.ts';
import { type LoopDisk, loopDisk, run, volumeGroup } from './lab.ts';

/** Volumes of LVM on three loop disks. */
export interface RichStack {
  readonly disks: readonly LoopDisk[];
  /** The volumes that carry data, as `vg-lv`. */
  readonly volumes: readonly string[];
}

/**
 * Makes a volume group with a `mirror`, a raid1 `raid` with a snapshot `snap`, a thin pool `pool` with a volume `thin`
 * whose mapping is a tree of many nodes, and `slow` with a cache; 1 MiB is written to each.
 */
export async function richStack(vg: string): Promise<RichStack> {
  const disks = [await loopDisk(96), await loopDisk(96), await loopDisk(96)];
  await volumeGroup(vg, disks, { extentSize: '1m' });
  const lvcreate = (...args: readonly string[]) => run('lvcreate', ['--yes', ...args]);
  const mirror = ['--type', 'mirror', '--mirrors', '1', '--mirrorlog', 'disk'];
  await lvcreate(...mirror, '--size', '4m', '--name', 'mirror', vg);
  await lvcreate('--type', 'raid1', '--mirrors', '1', '--size', '4m', '--name', 'raid', vg);
  await lvcreate('--snapshot', '--size', '2m', '--name', 'snap', `${vg}/raid`);
  await lvcreate('--type', 'thin-pool', '--size', '16m', '--name', 'pool', vg);
  await lvcreate('--virtualsize', '64m', '--name', 'thin', '--thinpool', `${vg}/pool`);
  await lvcreate('--size', '8m', '--name', 'slow', vg);
  await lvcreate('--type', 'cache-pool', '--size', '8m', '--name', 'fast', vg);
  await run('lvconvert', ['--yes', '--type', 'cache', '--cachepool', `${vg}/fast`, `${vg}/slow`]);
  const volumes = ['mirror', 'raid', 'snap', 'thin', 'slow'].map((lv) => `${vg}-${lv}`);
  for (const volume of volumes) await write(`/dev/mapper/${volume}`, 0, 1024 * 1024);
  // Every tenth block of a volume makes its mapping a tree of many nodes.
  for (let block = 1; block < 100; block++) await write(`/dev/mapper/${vg}-thin`, block * 655_360, 4096);
  // Of itself md cleans its bitmap as late as 15 s after a write; a suspend makes it do so now.
  await run('dmsetup', ['suspend', `${vg}-raid-real`]);
  await run('dmsetup', ['resume', `${vg}-raid-real`]);
  return { disks, volumes };
}
