import { invalidType, requireInteger, requireOnly } from '../../arguments.ts';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { requireDevice, requireTag } from '../../lvm/names.ts';
import { requireBoolean, requireList, requireWord } from '../../lvm/option.ts';
import { type Bytes, toSectorBytes } from '../../lvm/sizes.ts';
import type { MirrorLeg } from './mirror-legs.ts';

/** Where a mirror of type `mirror` keeps which regions are in sync. */
export type LogChoice =
  /** On a disk without a leg if there is one; LVM's default. */
  | 'disk'
  /** In memory: each activation synchronises everything anew. */
  | 'core'
  /** On this device of the group. */
  | { readonly device: string };

/** What kind of mirror: only the older type has a log to choose. */
export type MirrorKind =
  | {
      /** LVM's raid1; the default. */
      readonly type?: 'raid1' | undefined;
      readonly log?: undefined;
    }
  | {
      /** The older kind, of the kernel's `mirror` target: a failed leg blocks its writers until it is repaired. */
      readonly type: 'mirror';
      /** Where it keeps what is in sync; default `disk`. */
      readonly log?: LogChoice | undefined;
    };

/** What createMirror and addMirror both take. */
export interface MirrorChoices {
  /** How many copies there are to be, the first included: 2, the default, to 10; of type `mirror` to 8. */
  readonly copies?: number | undefined;
  /** Devices of the group to put new copies and the log on, in this order; default: all, those with most room first. */
  readonly devices?: readonly string[] | undefined;
  /** Bytes that are synchronised at once, a power of two; default is LVM's, 2 MiB. */
  readonly regionSize?: Bytes | undefined;
  /** Whether to wait until all copies are in sync; default true. */
  readonly wait?: boolean | undefined;
}

/** What both tell when they are done. */
export interface MirrorResult {
  /** The volume's row of lvm's report. */
  readonly volume: LvRow;
  /** Whether all copies hold the same; false without `wait` while the kernel is still at it. */
  readonly inSync: boolean;
  readonly legs: readonly MirrorLeg[];
  /** Devices of the log; empty if it has none on a disk. */
  readonly logDevices: readonly string[];
}

/** The same, checked, with what is left out filled in. */
export interface CheckedChoices {
  readonly type: 'raid1' | 'mirror' | undefined;
  readonly copies: number;
  readonly devices: readonly string[] | undefined;
  readonly log: LogChoice;
  readonly regionSize: bigint | undefined;
  readonly wait: boolean;
}

/** The names of the options that {@link checkChoices} looks at. */
export const mirrorKeys = ['type', 'log', 'copies', 'devices', 'regionSize', 'wait'] as const;

/** Checks the options that both have. Throws a TypeError, RangeError or `LvmNameError`. */
export function checkChoices(options: MirrorChoices & MirrorKind): CheckedChoices {
  const { type, log, copies = 2, devices, regionSize, wait = true } = options;
  if (type !== undefined) requireWord('type', type, ['raid1', 'mirror']);
  if (log !== undefined && type !== 'mirror')
    throw Object.assign(new TypeError('"log" must be left out: only type "mirror" has one'), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
  // lib/config/defaults.h, DEFAULT_RAID1_MAX_IMAGES and DEFAULT_MIRROR_MAX_IMAGES.
  requireInteger('copies', copies, 2, type === 'mirror' ? 8 : 10);
  if (devices !== undefined)
    for (const [index, device] of requireList('devices', devices).entries())
      requireDevice(`devices[${index}]`, device);
  return {
    type,
    copies,
    devices: devices === undefined ? undefined : [...new Set(devices)],
    log: log === undefined ? 'disk' : checkLog(log),
    regionSize: regionSize === undefined ? undefined : checkRegion(regionSize),
    wait: requireBoolean('wait', wait),
  };
}

/**
 * Checks tags: none may begin with `devmapper.`, by which the workflows know what they have left. Throws a TypeError,
 * for what is no tag an `LvmNameError`.
 */
export function checkTags(tags: readonly string[] | undefined): readonly string[] {
  if (tags === undefined) return [];
  return requireList('tags', tags).map((tag, index) => {
    const checked = requireTag(`tags[${index}]`, tag);
    if (!checked.startsWith('devmapper.')) return checked;
    const rule = `"tags[${index}]" must not begin with "devmapper.", by which workflows mark their own: ${checked}`;
    throw Object.assign(new TypeError(rule), { code: 'ERR_INVALID_ARG_VALUE' });
  });
}

function checkLog(log: LogChoice): LogChoice {
  if (typeof log === 'string') return requireWord<'disk' | 'core'>('log', log, ['disk', 'core']);
  if (typeof log !== 'object' || log === null) throw invalidType('log', "'disk', 'core' or { device }", log);
  requireOnly(log, ['device'], 'log');
  return { device: requireDevice('log.device', log.device) };
}

function checkRegion(value: Bytes): bigint {
  const bytes = toSectorBytes('regionSize', value);
  if ((bytes & (bytes - 1n)) === 0n && bytes >= 4096n && bytes <= 2_147_483_648n) return bytes;
  const error = new RangeError(`"regionSize" must be a power of two from 4096 to 2147483648, not ${bytes}`);
  throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
}
