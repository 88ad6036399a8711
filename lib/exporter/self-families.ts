import { familyOf } from '../targets/metric.ts';
import type { Declared } from './catalogue.ts';
import type { Samples } from './samples.ts';

const family = (
  name: string,
  type: Declared['type'],
  help: string,
  labels: readonly string[] = [],
): Declared => ({
  ...familyOf(name, type, help),
  labels,
  states: [],
});

const up = family('dm_up', 'gauge', 'Whether device-mapper has answered.');
const privileged = family(
  'dm_collector_privileged',
  'gauge',
  'Whether this process may ask device-mapper (CAP_SYS_ADMIN). If not, there is only what sysfs tells.',
);
const build = family(
  'dm_exporter_build_info',
  'info',
  'Versions of the exporter, of Node.js and of libdevmapper.',
  ['version', 'nodeversion', 'libdm'],
);
const driver = family('dm_driver_info', 'info', "Version of the kernel's device-mapper.", ['version']);
const target = family('dm_target_info', 'info', "Targets of the kernel's loaded modules.", [
  'target',
  'version',
]);
const duration = family('dm_scrape_duration_seconds', 'gauge', 'How long it took to gather all this.');
const collectorDuration = family(
  'dm_scrape_collector_duration_seconds',
  'gauge',
  'How long a collector took; that of device includes the look at all devices.',
  ['collector'],
);
const collectorSuccess = family(
  'dm_scrape_collector_success',
  'gauge',
  'Whether a collector came to its end, and in time.',
  ['collector'],
);
const parseErrors = family(
  'dm_status_parse_errors_total',
  'counter',
  'Status lines of a known target, read for a scrape, that were not understood.',
  ['target'],
);
const wakeups = family(
  'dm_event_wakeups_total',
  'counter',
  'How often the kernel has told of device-mapper events.',
);
const quarantined = family(
  'dm_quarantined_devices',
  'gauge',
  'Devices that have not answered, those that are not exported too. They are asked again when their call has returned.',
);
const stuck = family(
  'dm_stuck_calls',
  'gauge',
  'Calls that the kernel has not answered, each of which holds a thread.',
);

/** What the exporter tells of itself. */
export const selfFamilies: readonly Declared[] = [
  up,
  privileged,
  build,
  driver,
  target,
  duration,
  collectorDuration,
  collectorSuccess,
  parseErrors,
  wakeups,
  quarantined,
  stuck,
];

/** What a scrape has to tell of itself; what is undefined is not known. */
export interface SelfFacts {
  readonly up: boolean;
  readonly privileged: boolean | undefined;
  readonly version: string;
  readonly library: string | undefined;
  readonly driver: string | undefined;
  readonly targets: readonly { readonly name: string; readonly version: string }[];
  readonly durationSeconds: number;
  readonly collectors: ReadonlyMap<string, { readonly seconds: number; readonly success: boolean }>;
  readonly parseErrors: ReadonlyMap<string, number>;
  readonly wakeups: number | undefined;
  readonly quarantined: number | undefined;
  readonly stuckCalls: number;
}

/** Adds what the exporter tells of itself. */
export function addSelf(samples: Samples, facts: SelfFacts): void {
  samples.add(up, {}, facts.up);
  if (facts.privileged !== undefined) samples.add(privileged, {}, facts.privileged);
  const versions = { version: facts.version, nodeversion: process.version, libdm: facts.library ?? '' };
  samples.add(build, versions, 1);
  if (facts.driver !== undefined) samples.add(driver, { version: facts.driver }, 1);
  for (const { name, version } of facts.targets) samples.add(target, { target: name, version }, 1);
  samples.add(duration, {}, facts.durationSeconds);
  for (const [collector, { seconds, success }] of facts.collectors) {
    samples.add(collectorDuration, { collector }, seconds);
    samples.add(collectorSuccess, { collector }, success);
  }
  for (const [name, count] of facts.parseErrors) samples.add(parseErrors, { target: name }, count);
  if (facts.wakeups !== undefined) samples.add(wakeups, {}, facts.wakeups);
  if (facts.quarantined !== undefined) samples.add(quarantined, {}, facts.quarantined);
  samples.add(stuck, {}, facts.stuckCalls);
}
