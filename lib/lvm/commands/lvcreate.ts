import { cacheWithDevice, cacheWithPool, cacheWithVolume } from './lvcreate-cache.ts';
import { linear } from './lvcreate-linear.ts';
import { mirror } from './lvcreate-mirror.ts';
import { cachePool, thinPool } from './lvcreate-pool.ts';
import { raid0, raid0Meta, raid1, raid10 } from './lvcreate-raid.ts';
import { raid4, raid5, raid6 } from './lvcreate-raid-parity.ts';
import { snapshot, sparseSnapshot } from './lvcreate-snapshot.ts';
import { striped } from './lvcreate-striped.ts';
import { thin, thinExternalSnapshot, thinSnapshot } from './lvcreate-thin.ts';
import { vdo } from './lvcreate-vdo.ts';
import { error, zero } from './lvcreate-virtual.ts';
import { writecacheWithDevice, writecacheWithVolume } from './lvcreate-writecache.ts';

/** lvcreate(8), one function for each type of volume, so that lvm never chooses one. */
export const lvcreate = {
  linear,
  striped,
  mirror,
  raid0,
  raid0Meta,
  raid1,
  raid4,
  raid5,
  raid6,
  raid10,
  snapshot,
  sparseSnapshot,
  thinPool,
  thin,
  thinSnapshot,
  thinExternalSnapshot,
  cachePool,
  cacheWithPool,
  cacheWithVolume,
  cacheWithDevice,
  writecacheWithVolume,
  writecacheWithDevice,
  vdo,
  error,
  zero,
} as const;
