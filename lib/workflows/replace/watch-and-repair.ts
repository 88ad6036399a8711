import { EventEmitter, on } from 'node:events';
import { onAbort } from '../../abort.ts';
import { invalidType, requireInteger, requireOnly, requireSignal } from '../../arguments.ts';
import { requireDevice, requireGroup } from '../../lvm/names.ts';
import { requireBoolean } from '../../lvm/option.ts';
import { requireTools, type Tools } from '../tools.ts';
import { repairLoop } from './watch-and-repair-loop.ts';
import type { RepairEvent, RepairWatch, WatchAndRepairOptions } from './watch-and-repair-types.ts';

/**
 * Watches a group, and when a mirror or RAID volume loses a copy repairs it by {@link replaceFailedDevice} onto the next
 * spare: once for each failure, never two at a time, and never destroying a volume that has no copy, which stays as it is.
 * Throws a TypeError or RangeError for wrong options.
 */
export function watchAndRepair(tools: Tools, options: WatchAndRepairOptions): RepairWatch {
  const watched = check(tools, options);
  const emitter = new EventEmitter().setMaxListeners(0);
  const stop = new AbortController();
  const push = (event: RepairEvent): void => void emitter.emit('event', event);
  const done = repairLoop(tools, watched, push, stop.signal).finally(() => {
    forget();
    emitter.emit('end');
  });
  const forget = onAbort(options.signal, () => stop.abort(options.signal?.reason));
  if (options.signal?.aborted === true) stop.abort(options.signal.reason);
  // Whoever does not wait for it learns of a failure by the end of its events.
  done.catch(() => {});
  const close = async (): Promise<void> => {
    stop.abort();
    await done.catch(() => {});
  };
  return {
    done,
    close,
    [Symbol.asyncDispose]: close,
    on(listener) {
      const heard = (event: RepairEvent): void => inform(() => listener(event));
      emitter.on('event', heard);
      return () => void emitter.off('event', heard);
    },
    [Symbol.asyncIterator]: () => iterate(emitter, stop.signal),
  };
}

async function* iterate(emitter: EventEmitter, stopped: AbortSignal): AsyncGenerator<RepairEvent, void> {
  if (stopped.aborted) return;
  for await (const [event] of on(emitter, 'event', { close: ['end'] })) yield event as RepairEvent;
}

function check(tools: Tools, options: WatchAndRepairOptions) {
  requireOnly(options, [
    ...[
      'vg',
      'spares',
      'veto',
      'minInterval',
      'settle',
      'interval',
      'wipeSignatures',
      'signal',
      'onProgress',
    ],
  ]);
  const { signal, onProgress, veto, minInterval = 600_000, settle = 2000, interval = 60_000 } = options;
  requireSignal(signal);
  requireTools(tools, { onProgress });
  if (!Array.isArray(options.spares)) throw invalidType('spares', 'a list of devices', options.spares);
  if (veto !== undefined && typeof veto !== 'function') throw invalidType('veto', 'a function', veto);
  const longest = 2 ** 31 - 1;
  return {
    vg: requireGroup('vg', options.vg),
    spares: options.spares.map((path, index) => requireDevice(`spares[${index}]`, path)),
    wipeSignatures: requireBoolean('wipeSignatures', options.wipeSignatures ?? false),
    veto,
    onProgress,
    minInterval: requireInteger('minInterval', minInterval, 0, longest),
    settle: requireInteger('settle', settle, 0, longest),
    interval: requireInteger('interval', interval, 1, longest),
  };
}

function inform(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}
