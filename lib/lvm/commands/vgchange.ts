import { activate, autoactivate, deactivate, refresh } from './vgchange-activate.ts';
import { lockStart, lockStop, lockType, systemId } from './vgchange-owner.ts';
import { change } from './vgchange-properties.ts';
import { monitor, poll } from './vgchange-watch.ts';

/** vgchange(8), one operation a form. */
export const vgchange = {
  activate,
  autoactivate,
  deactivate,
  refresh,
  change,
  monitor,
  poll,
  systemId,
  lockType,
  lockStart,
  lockStop,
} as const;
