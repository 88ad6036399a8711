import * as activation from './lvchange-activate.ts';
import { change, contiguous, detachProfile, metadataProfile } from './lvchange-change.ts';
import { monitor, notPersistent, persistent, poll } from './lvchange-device.ts';
import { cache, clearWritecache, thinPool, vdo, writecache } from './lvchange-pools.ts';
import { raid, raid1 } from './lvchange-raid.ts';
import { rebuild, resync, syncAction } from './lvchange-sync.ts';

/** lvchange(8): one function for each thing that it does, and for the attributes of each type of volume. */
export const lvchange = {
  activate: activation.activate,
  autoactivate: activation.autoactivate,
  activateExclusively: activation.activateExclusively,
  activateShared: activation.activateShared,
  deactivate: activation.deactivate,
  refresh: activation.refresh,
  change,
  contiguous,
  metadataProfile,
  detachProfile,
  persistent,
  notPersistent,
  monitor,
  poll,
  raid,
  raid1,
  syncAction,
  rebuild,
  resync,
  thinPool,
  cache,
  writecache,
  clearWritecache,
  vdo,
} as const;
