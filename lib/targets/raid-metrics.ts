import { bytesOf, type Metric, metricsOf, stateOf, unknownState } from './metric.ts';
import type { RaidStatus, RaidTable } from './raid.ts';

const { gauge, info, stateset, statesetOfEach } = metricsOf<RaidStatus, RaidTable>();

/** What is measured of an array. */
export const raidMetrics: readonly Metric<RaidStatus, RaidTable>[] = [
  info('dm_raid_info', 'Level of the array, in the word of the kernel.', ['level'], ({ raidType }) => ({
    level: raidType,
  })),
  gauge(
    'dm_raid_in_sync',
    'Whether all legs hold the same data; absent where the kernel does not tell.',
    ({ inSync }) => inSync,
  ),
  gauge(
    'dm_raid_synced_bytes',
    'Progress of the running action, or how much is in sync, on each device; absent where it would mislead.',
    (status) => bytesOf(telling(status)?.used),
  ),
  gauge('dm_raid_sync_size_bytes', 'What dm_raid_synced_bytes goes up to.', (status) =>
    bytesOf(telling(status)?.total),
  ),
  stateset(
    'dm_raid_sync_action',
    'What the array is doing.',
    ['idle', 'frozen', 'resync', 'recover', 'check', 'repair', 'reshape', unknownState],
    ({ syncAction }) => syncAction,
  ),
  statesetOfEach(
    'dm_raid_leg_state',
    'State of each leg; absent: the table gives it no device.',
    ['leg', 'backing'],
    ['in_sync', 'not_in_sync', 'failed', 'absent', unknownState],
    ({ legs }, { table, backing }) =>
      legs.map((leg, index) => {
        const data = table?.devices[index]?.data;
        const labels = {
          leg: String(index),
          backing: data === undefined || data === null ? '' : backing(data),
        };
        return { labels, state: stateOf(leg) };
      }),
  ),
  gauge('dm_raid_legs', 'Legs of the array.', ({ legs }) => legs.length),
  gauge(
    'dm_raid_legs_failed',
    'Legs that have failed or have no device.',
    ({ legs }) => legs.filter((leg) => leg === 'failed' || leg === 'absent').length,
  ),
  gauge(
    'dm_raid_mismatches',
    'Sectors of 512 bytes that differed between legs in the last check; 0 after any other action.',
    ({ mismatchSectors }) => mismatchSectors,
  ),
  stateset(
    'dm_raid_journal_state',
    'State of the journal device; absent if there is none.',
    ['write_through', 'write_back', 'dead', unknownState],
    ({ journal }) => (journal === null || journal === 'none' ? null : stateOf(journal)),
  ),
];

// At rest the ratio of the kernel can be 0 for a healthy array, as while it is suspended, and 1 for a degraded one.
function telling({ degraded, inSync, progress, sync }: RaidStatus): RaidStatus['sync'] {
  if (sync === null || progress !== null) return sync;
  return degraded || inSync === null || inSync === sync.ratio < 1 ? null : sync;
}
