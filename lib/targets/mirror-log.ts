import type { Fields } from '../fields.ts';

/**
 * The dirty log of a mirror, as its status line ends (`drivers/md/dm-log.c`, `dm-log-userspace-base.c`).
 */
export type MirrorLog =
  | {
      /** In memory only: after a restart all is synchronised again. */
      readonly kind: 'core';
      /** The kernel's or the log daemon's word: `core`, `clustered-core`. */
      readonly type: string;
    }
  | {
      /** On a device. */
      readonly kind: 'disk';
      /** The kernel's or the log daemon's word: `disk`, `clustered-disk`, `cluster`. */
      readonly type: string;
      /** `major:minor` of the log device. */
      readonly device: string;
      /** `flush-failed`: the kernel's `F`, `failed`: its `D`. */
      readonly health: 'alive' | 'flush-failed' | 'failed' | 'unknown';
    }
  | {
      /**
       * `COM_FAILURE`: the cluster's log daemon does not answer, so the sync count says 0 whatever is true.
       */
      readonly kind: 'com-failure';
      /** `userspace`. */
      readonly type: string;
    }
  | {
      /** Words that are not known here. */
      readonly kind: 'other';
      /** The first of them. */
      readonly type: string;
      /** What follows the type. */
      readonly arguments: readonly string[];
    };

type Health = 'alive' | 'flush-failed' | 'failed' | 'unknown';

/**
 * Reads `[<type>] <count> <word>...`, the last part of a mirror's status; a type before the count is a
 * daemon's.
 */
export function readMirrorLog(fields: Fields): MirrorLog {
  const before = /^\d/.test(fields.peek() ?? '0') ? undefined : fields.word('log type');
  const words = fields.counted('log words');
  if (words.length === 0) fields.fail('the log is missing');
  if (before !== undefined && words[0] === 'COM_FAILURE') return { kind: 'com-failure', type: before };
  const [type = '', device = '', health = ''] = words;
  if (words.length === 1 && type.endsWith('core')) return { kind: 'core', type };
  if (words.length === 3) return { kind: 'disk', type, device, health: healthOf.get(health) ?? 'unknown' };
  return { kind: 'other', type, arguments: words.slice(1) };
}

const healthOf: ReadonlyMap<string, Health> = new Map([
  ['A', 'alive'],
  ['F', 'flush-failed'],
  ['D', 'failed'],
]);
