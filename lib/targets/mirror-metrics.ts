import { parseCount } from '../fields.ts';
import { bytesOf, type Metric, metricsOf, stateOf, unknownState } from './metric.ts';
import type { MirrorStatus, MirrorTable } from './mirror.ts';

const { gauge, statesetOfEach } = metricsOf<MirrorStatus, MirrorTable>();

/** What is measured of a mirror. */
export const mirrorMetrics: readonly Metric<MirrorStatus, MirrorTable>[] = [
  gauge(
    'dm_mirror_synced_regions',
    'Regions in sync; absent while the log daemon of a cluster does not answer.',
    ({ log, sync }) => (log.kind === 'com-failure' ? null : sync.used),
  ),
  gauge('dm_mirror_regions', 'Regions of the mirror.', ({ sync }) => sync.total),
  gauge('dm_mirror_region_size_bytes', 'Size of a region.', (_, { table }) => bytesOf(regionOf(table))),
  statesetOfEach(
    'dm_mirror_leg_state',
    'The gravest that has gone wrong with each leg since the table was loaded.',
    ['leg', 'backing'],
    ['alive', 'flush_failed', 'write_failed', 'sync_failed', 'read_failed', unknownState],
    ({ legs }, { backing }) =>
      legs.map(({ device, health }, index) => ({
        labels: { leg: String(index), backing: backing(device) },
        state: stateOf(health),
      })),
  ),
  gauge('dm_mirror_legs', 'Legs of the mirror.', ({ legs }) => legs.length),
  gauge(
    'dm_mirror_legs_failed',
    'Legs with which something has gone wrong since the table was loaded.',
    ({ legs }) => legs.filter(({ health }) => health !== 'alive').length,
  ),
  statesetOfEach(
    'dm_mirror_log_state',
    'State of the dirty log; com_failure: the log daemon of a cluster does not answer.',
    ['log'],
    ['alive', 'flush_failed', 'failed', 'com_failure', unknownState],
    ({ log }) => [stateOfLog(log)],
  ),
];

// dm-log.c: `core <region size> ...` and `disk <device> <region size> ...`; the last words may be sync or nosync.
function regionOf(table: MirrorTable | undefined) {
  const place = table?.logType === 'core' ? 0 : table?.logType === 'disk' ? 1 : undefined;
  return place === undefined ? undefined : parseCount(table?.logArguments[place] ?? '');
}

function stateOfLog(log: MirrorStatus['log']) {
  switch (log.kind) {
    case 'core':
      return { labels: { log: 'core' }, state: 'alive' };
    case 'disk':
      return { labels: { log: 'disk' }, state: stateOf(log.health) };
    case 'com-failure':
      return { labels: { log: 'userspace' }, state: 'com_failure' };
    case 'other':
      return { labels: { log: 'userspace' }, state: unknownState };
  }
}
