import type { Change } from '../monitor/types.ts';
import { type LvmName, lvmDeviceName, parseLvmDevice } from '../names.ts';
import { titleOf } from './volumes.ts';

/** How a change is titled, and whether it is shown without `--all`. */
export interface Placed {
  /** `vg/lv`, a layer in brackets, or the device's name; `-` of what is about no device. */
  readonly title: string;
  readonly volume: LvmName | null;
  /** It tells of an internal layer what only somebody who asks for all wants to know. */
  readonly internal: boolean;
}

/**
 * Places a change. A pool's `-tpool` and an origin's `-real` speak for their volume; of other layers what happens to
 * their data shows, in brackets, but not that they come, go, stop or are loaded anew. `exists` tells whether a device
 * of that name is there.
 */
export function place(change: Change, exists: (name: string) => boolean): Placed {
  if (change.kind === 'overflowed') return { title: '-', volume: null, internal: false };
  const { device } = change;
  const volume = parseLvmDevice(device);
  const title = titleOf({ device, volume });
  if (volume === null || !volume.internal) return { title, volume, internal: false };
  const speaks = speakingSuffixes.has(volume.suffix ?? '') && volume.vg !== '';
  if (!makeup.has(change.kind))
    return { title: speaks ? `${volume.vg}/${volume.lv}` : title, volume, internal: false };
  // A pool whose placeholder is not active has only its layer to speak of it.
  const isAlone = speaks && volume.suffix !== 'real' && !exists(lvmDeviceName(volume.vg, volume.lv));
  return { title: isAlone ? `${volume.vg}/${volume.lv}` : title, volume, internal: !isAlone };
}

const speakingSuffixes = new Set(['tpool', 'vpool', 'real']);
const makeup: ReadonlySet<Change['kind']> = new Set([
  'device-added',
  'device-removed',
  'device-renamed',
  'device-resized',
  'device-suspended',
  'device-resumed',
  'table-replaced',
]);
