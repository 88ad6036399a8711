import { activate, autoactivate, deactivate, refresh } from './vgchange-activate.ts';
import { lockStart, lockStop, lockType, systemId } from './vgchange-owner.ts';
import { change } from './vgchange-properties.ts';
import { monitor, poll } from './vgchange-watch.ts';

/** vgchange(8), one operation a form. */
export const vgchange = {
  /** Activates all volumes of groups, but for those to be skipped. */
  activate,
  /** Activates the volumes that are to be activated at boot (`auto_activation_volume_list`, `autoactivation`). */
  autoactivate,
  /** Deactivates all volumes of groups; none may be in use. */
  deactivate,
  /** Reloads active volumes from the metadata, as after a device has come back. */
  refresh,
  /** Changes attributes of volume groups. */
  change,
  /** Has dmeventd watch the active volumes of groups that it can watch, or not any more. */
  monitor,
  /** Has conversions that had begun go on in the background, such as a merge or pvmove after a restart, or not. */
  poll,
  /** Gives a group to another host, or to none (lvmsystemid(7)). */
  systemId,
  /**
   * Changes how lvmlockd locks a group (lvmlockd(8)). Without lvmlockd lvm does nothing, with status 0: `not-done`.
   */
  lockType,
  /** Starts the lockspace of shared groups (lvmlockd(8)). */
  lockStart,
  /** Stops the lockspace of shared groups (lvmlockd(8)). */
  lockStop,
} as const;
