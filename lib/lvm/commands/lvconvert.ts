import { cache, cacheDevice, cacheVolume } from './lvconvert-cache.ts';
import { integrity, removeIntegrity } from './lvconvert-integrity.ts';
import { mergeSnapshot, mergeThin } from './lvconvert-merge.ts';
import { mirror, mirrorLog, mirrors } from './lvconvert-mirror.ts';
import { poll } from './lvconvert-poll.ts';
import { cachePool, swapMetadata, thinPool, vdoPool } from './lvconvert-pool.ts';
import {
  linear,
  raid0,
  raid0Meta,
  raid1,
  raid4,
  raid5,
  raid5N,
  raid6,
  raid6N6,
  raid10,
  striped,
} from './lvconvert-raid.ts';
import { repair, repairPool, replace } from './lvconvert-repair.ts';
import { regionSize, stripeSize, stripes } from './lvconvert-reshape.ts';
import { snapshot, splitSnapshot } from './lvconvert-snapshot.ts';
import { mergeMirrors, splitMirrors, trackSplit } from './lvconvert-split.ts';
import { thin } from './lvconvert-thin.ts';
import { splitCache, uncache } from './lvconvert-uncache.ts';
import { writecache, writecacheDevice } from './lvconvert-writecache.ts';

/** Every form of lvconvert(8), a function each. */
export const lvconvert = {
  ...{ linear, striped, mirror, raid0, raid0Meta, raid1, raid4, raid5, raid5N, raid6, raid6N6, raid10 },
  ...{ mirrors, mirrorLog, stripes, stripeSize, regionSize },
  ...{ repair, repairPool, replace, integrity, removeIntegrity, poll },
  ...{ splitMirrors, trackSplit, mergeMirrors, mergeSnapshot, mergeThin, splitSnapshot, snapshot },
  ...{ thinPool, thin, cachePool, vdoPool, swapMetadata },
  ...{ cache, cacheVolume, cacheDevice, writecache, writecacheDevice, splitCache, uncache },
} as const;
