import { invalidType, requireInteger, requireOnly, requireTimeout } from '../arguments.ts';
import type { DeviceMapper } from '../device-mapper.ts';
import type { Lvm } from '../lvm/lvm.ts';
import { collectorNames } from './catalogue.ts';
import type { Choice } from './stack.ts';

/** What is measured, and how. */
export interface SourceOptions {
  /** Whom to ask; default an instance of its own, which is closed with the source. */
  readonly dm?: DeviceMapper | undefined;
  /** Milliseconds between two looks of the monitor, as in `MonitorOptions`; default 1000. */
  readonly interval?: number | undefined;
  /** Milliseconds that a device may take to answer before it counts as stale; default 1000. */
  readonly deadline?: number | undefined;
  /** Extent size in sectors for the percentages of LVM mirrors, as in `MonitorOptions`. */
  readonly extentSectors?: number | undefined;
  /** Only devices whose name, escapes resolved, matches; default all. */
  readonly include?: RegExp | undefined;
  /** No devices whose name matches; goes before `include`. */
  readonly exclude?: RegExp | undefined;
  /** Whether also those layers below volumes are exported that tell nothing of their own; default false. */
  readonly internal?: boolean | undefined;
  /** Collectors to switch on or off, by their names, see `collectorNames`; default all but `lvm`. */
  readonly collectors?: Readonly<Record<string, boolean>> | undefined;
  /** Who makes the reports of the collector `lvm`; default `Lvm.open()`. */
  readonly lvm?: Pick<Lvm, 'fullreport'> | undefined;
  /** Milliseconds for which a report of lvm is good; default 60,000. It is made in the background. */
  readonly lvmMaxAge?: number | undefined;
}

/** The checked options of a source, with their defaults. */
export interface Settings {
  readonly monitor: {
    readonly interval: number;
    readonly deadline: number;
    readonly extentSectors: number | undefined;
  };
  readonly choice: Choice;
  readonly isOn: (collector: string) => boolean;
  readonly lvm: Pick<Lvm, 'fullreport'> | undefined;
  readonly lvmMaxAge: number;
}

/** Checks every option; throws a TypeError or RangeError that names the wrong one. */
export function toSettings(options: SourceOptions): Settings {
  requireOnly(options, known);
  const { interval = 1000, deadline = 1000, internal = false, lvm, lvmMaxAge = 60_000 } = options;
  const { extentSectors, collectors = {} } = options;
  if (typeof internal !== 'boolean') throw invalidType('internal', 'a boolean', internal);
  if (lvm !== undefined && typeof (lvm as { fullreport?: unknown } | null)?.fullreport !== 'function')
    throw invalidType('lvm', 'an Lvm', lvm);
  requireOnly(collectors, collectorNames, 'collectors');
  for (const [name, isOn] of Object.entries(collectors))
    if (typeof isOn !== 'boolean') throw invalidType(`collectors.${name}`, 'a boolean', isOn);
  return {
    monitor: {
      interval: requireTimeout(interval),
      deadline: requireTimeout(deadline),
      extentSectors:
        extentSectors === undefined ? undefined : requireInteger('extentSectors', extentSectors, 1, 2 ** 32),
    },
    choice: {
      include: pattern('include', options.include),
      exclude: pattern('exclude', options.exclude),
      internal,
    },
    isOn: (collector) => collectors[collector] ?? collector !== 'lvm',
    lvm,
    lvmMaxAge: requireInteger('lvmMaxAge', lvmMaxAge, 1, 2 ** 31 - 1),
  };
}

const known = [
  ...['dm', 'interval', 'deadline', 'extentSectors', 'include', 'exclude', 'internal', 'collectors'],
  ...['lvm', 'lvmMaxAge'],
];

// With these flags a pattern remembers where it was, and the next name would begin there.
function pattern(name: string, given: unknown): RegExp | undefined {
  if (given === undefined) return undefined;
  if (Object.prototype.toString.call(given) !== '[object RegExp]') throw invalidType(name, 'a RegExp', given);
  const { source, flags } = given as RegExp;
  return new RegExp(source, flags.replace(/[gy]/g, ''));
}
