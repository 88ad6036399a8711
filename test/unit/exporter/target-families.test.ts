import { describe, expect, it } from 'vitest';
import { measuredTargets } from '../../../lib/exporter/catalogue.ts';
import { metricsOfTarget } from '../../../lib/targets/index.ts';
import { measure, series, type TestDevice } from './support/measure.ts';

const below: readonly TestDevice[] = [
  { name: 'pool', status: ['thin-pool 1 10/100 3/50 - rw discard_passdown queue_if_no_space - 16'] },
];

// The series of a device `d` that has this status and this table, of the families that its target declares.
async function told(
  status: string,
  table = '',
  others: readonly TestDevice[] = below,
): Promise<readonly string[]> {
  const [target = ''] = status.split(' ');
  const tables = table === '' ? [] : [`${target} ${table}`];
  const families = await measure([{ name: 'd', status: [status], table: tables, minor: 50 }, ...others]);
  return metricsOfTarget(target).flatMap(({ name }) =>
    series(families, name)
      .filter((line) => line.startsWith('device=d '))
      .map((line) => `${name} ${line.slice('device=d '.length)}`),
  );
}

const isSet = (line: string): boolean => !/ state=\S+ 0$/.test(line);

describe('a raid', () => {
  const table = '3 128 region_size 1024 3 - 8:0 - 8:16 - 8:32';
  it('tells its legs by their disks, its action, and how much is in sync in bytes', async () => {
    const lines = await told('raid raid5_ls 3 AAa 1000/4000 recover 0 0 -', `raid5_ls ${table}`);
    expect(lines.filter(isSet)).toEqual([
      'dm_raid_info level=raid5_ls 1',
      'dm_raid_in_sync 0',
      'dm_raid_synced_bytes 512000',
      'dm_raid_sync_size_bytes 2048000',
      'dm_raid_sync_action state=recover 1',
      'dm_raid_leg_state leg=0 backing=sda state=in_sync 1',
      'dm_raid_leg_state leg=1 backing=sdb state=in_sync 1',
      'dm_raid_leg_state leg=2 backing=sdc state=not_in_sync 1',
      'dm_raid_legs 3',
      'dm_raid_legs_failed 0',
      'dm_raid_mismatches 0',
    ]);
  });

  it('counts a leg that has failed and one that is absent', async () => {
    const lines = await told('raid raid6_zr 4 AD-A 4000/4000 idle 0 0 -');
    expect(lines).toContain('dm_raid_legs_failed 2');
    expect(lines).toContain('dm_raid_leg_state leg=2 state=absent 1');
  });

  it('says nothing of a sync that would mislead: a healthy array that is suspended reads 0', async () => {
    const lines = await told('raid raid1 2 AA 0/4000 frozen 0 0 -');
    expect(lines.filter((line) => /synced|sync_size|^dm_raid_in_sync/.test(line))).toEqual([]);
    expect(lines).toContain('dm_raid_sync_action state=frozen 1');
  });

  it('has no action and no mismatches where an old kernel prints none', async () => {
    const lines = await told('raid raid1 2 AA 4000/4000');
    expect(lines.filter((line) => /action|mismatch|journal/.test(line))).toEqual([]);
    expect(lines).toContain('dm_raid_in_sync 1');
  });

  it('is in an unknown state rather than in none when the kernel has a new word', async () => {
    const lines = await told('raid raid1 2 AX 4000/4000 dreaming 0 0 A');
    expect(lines.filter((line) => line.endsWith(' 1') && /state=/.test(line))).toEqual([
      'dm_raid_sync_action state=unknown 1',
      'dm_raid_leg_state leg=0 state=in_sync 1',
      'dm_raid_leg_state leg=1 state=unknown 1',
      'dm_raid_journal_state state=write_through 1',
    ]);
  });
});

describe('a mirror', () => {
  it('tells its regions, its legs by their disks, and its log', async () => {
    const lines = await told(
      'mirror 2 8:0 8:16 3/8 1 AD 3 disk 8:32 F',
      'disk 2 8:32 1024 2 8:0 0 8:16 0 1 handle_errors',
    );
    expect(lines.filter(isSet)).toEqual([
      'dm_mirror_synced_regions 3',
      'dm_mirror_regions 8',
      'dm_mirror_region_size_bytes 524288',
      'dm_mirror_leg_state leg=0 backing=sda state=alive 1',
      'dm_mirror_leg_state leg=1 backing=sdb state=write_failed 1',
      'dm_mirror_legs 2',
      'dm_mirror_legs_failed 1',
      'dm_mirror_log_state log=disk state=flush_failed 1',
    ]);
  });

  it('takes the region size from the right word of a log in memory', async () => {
    const lines = await told('mirror 2 8:0 8:16 8/8 1 AA 1 core', 'core 2 512 nosync 2 8:0 0 8:16 0');
    expect(lines).toContain('dm_mirror_region_size_bytes 262144');
    expect(lines).toContain('dm_mirror_log_state log=core state=alive 1');
  });

  it('says nothing of regions while the log daemon of a cluster does not answer', async () => {
    const lines = await told('mirror 2 8:0 8:16 0/8 1 AA userspace 1 COM_FAILURE');
    expect(lines.filter((line) => line.startsWith('dm_mirror_synced_regions'))).toEqual([]);
    expect(lines).toContain('dm_mirror_log_state log=userspace state=com_failure 1');
  });
});

describe('a snapshot', () => {
  it('tells its store in bytes, and its origin by name', async () => {
    const lines = await told('snapshot 80/1000 16', '254:1 8:16 P 8');
    expect(lines.filter(isSet)).toEqual([
      'dm_snapshot_info origin=pool 1',
      'dm_snapshot_used_bytes 40960',
      'dm_snapshot_size_bytes 512000',
      'dm_snapshot_metadata_bytes 8192',
      'dm_snapshot_state state=ok 1',
    ]);
  });

  it.each([
    ['Invalid', 'invalid'],
    ['Overflow', 'overflow'],
    ['Merge failed', 'merge_failed'],
    ['Unknown', 'unknown'],
  ])('that says %s has that state, and no size', async (text, state) => {
    expect((await told(`snapshot ${text}`)).filter(isSet)).toEqual([`dm_snapshot_state state=${state} 1`]);
  });

  it('that merges tells also what is left', async () => {
    const lines = await told('snapshot-merge 80/1000 16');
    expect(lines).toContain('dm_snapshot_merge_remaining_bytes 32768');
    expect(lines).toContain('dm_snapshot_state state=ok 1');
  });
});

describe('a thin pool', () => {
  const status = 'thin-pool 7 120/1024 30/50 55 rw no_discard_passdown error_if_no_space needs_check 64';
  it('tells data and metadata in bytes, and all else of its state', async () => {
    expect((await told(status, '8:0 8:16 128 5 0')).filter(isSet)).toEqual([
      'dm_thin_pool_data_used_bytes 1966080',
      'dm_thin_pool_data_size_bytes 3276800',
      'dm_thin_pool_metadata_used_bytes 491520',
      'dm_thin_pool_metadata_size_bytes 4194304',
      'dm_thin_pool_metadata_reserve_bytes 417792',
      'dm_thin_pool_metadata_low_water_bytes 262144',
      'dm_thin_pool_block_size_bytes 65536',
      'dm_thin_pool_low_water_bytes 327680',
      'dm_thin_pool_mode state=rw 1',
      'dm_thin_pool_needs_check 1',
      'dm_thin_pool_error_if_no_space 1',
      'dm_thin_pool_discard_mode state=no_discard_passdown 1',
      'dm_thin_pool_transaction_id 7',
      'dm_thin_pool_held_root 1',
    ]);
  });

  it('has no data in bytes while the size of its blocks is not known', async () => {
    expect(
      (await told(status)).filter((line) => /data_(used|size)|block_size|_low_water/.test(line)),
    ).toEqual([
      'dm_thin_pool_metadata_used_bytes 491520',
      'dm_thin_pool_metadata_size_bytes 4194304',
      'dm_thin_pool_metadata_low_water_bytes 262144',
    ]);
  });

  it.each(['Fail', 'Error'])('that says %s has that mode and nothing else', async (word) => {
    const lines = await told(`thin-pool ${word}`, '8:0 8:16 128 5 0');
    expect(lines.filter(isSet)).toEqual([`dm_thin_pool_mode state=${word.toLowerCase()} 1`]);
  });

  it('counts the volumes that are active, and how much they promise', async () => {
    const families = await measure([
      {
        name: 'pool',
        status: ['thin-pool 7 1/9 1/9 - rw discard_passdown queue_if_no_space - 1'],
        table: ['thin-pool 8:0 8:16 128 5'],
      },
      { name: 'one', status: ['thin 128 127'], table: ['thin 254:0 1'] },
      { name: 'two', status: ['thin 0 -'], table: ['thin 254:0 2'] },
      { name: 'another', status: ['thin 0 -'], table: ['thin 254:9 1'] },
    ]);
    expect(series(families, 'dm_thin_pool_active_volumes')).toEqual(['device=pool 2']);
    expect(series(families, 'dm_thin_pool_active_virtual_bytes')).toEqual([`device=pool ${2 * 1000 * 512}`]);
    expect(series(families, 'dm_thin_mapped_bytes')).toEqual([
      'device=one pool=pool 65536',
      'device=two pool=pool 0',
      'device=another 0',
    ]);
    expect(series(families, 'dm_thin_highest_mapped_bytes')).toEqual(['device=one pool=pool 65536']);
  });
});

describe('a cache', () => {
  const status =
    'cache 8 27/2048 128 3/64 10 20 30 40 5 6 2 3 metadata2 writeback no_discard_passdown 2 migration_threshold 2048 smq 0 rw -';
  it('tells space in bytes, and counts as counters', async () => {
    expect((await told(status)).filter(isSet)).toEqual([
      'dm_cache_info policy=smq 1',
      'dm_cache_used_bytes 196608',
      'dm_cache_size_bytes 4194304',
      'dm_cache_dirty_bytes 131072',
      'dm_cache_metadata_used_bytes 110592',
      'dm_cache_metadata_size_bytes 8388608',
      'dm_cache_read_hits_total 10',
      'dm_cache_read_misses_total 20',
      'dm_cache_write_hits_total 30',
      'dm_cache_write_misses_total 40',
      'dm_cache_promotions_total 6',
      'dm_cache_demotions_total 5',
      'dm_cache_mode state=writeback 1',
      'dm_cache_metadata_mode state=rw 1',
      'dm_cache_needs_check 0',
    ]);
  });

  it('that has failed has that mode and nothing else', async () => {
    expect((await told('cache Fail')).filter(isSet)).toEqual(['dm_cache_metadata_mode state=fail 1']);
  });
});

describe('other targets', () => {
  it('writecache', async () => {
    const lines = await told('writecache 0 100 60 5 1 2 3 4 5 6 7 8 9 10', 's 8:0 8:16 4096 0');
    expect(lines.slice(0, 6)).toEqual([
      'dm_writecache_used_bytes 163840',
      'dm_writecache_size_bytes 409600',
      'dm_writecache_writeback_bytes 20480',
      'dm_writecache_failed 0',
      'dm_writecache_reads_total 1',
      'dm_writecache_read_hits_total 2',
    ]);
    expect(lines).toHaveLength(14);
  });

  it('integrity', async () => {
    expect(await told('integrity 3 1000 500')).toEqual([
      'dm_integrity_mismatches_total 3',
      'dm_integrity_provided_bytes 512000',
      'dm_integrity_recalculated_bytes 256000',
    ]);
    expect(await told('integrity 0 1000 -')).not.toContain('dm_integrity_recalculated_bytes 0');
  });

  it('crypt, without its key', async () => {
    const key = 'a'.repeat(64);
    expect(await told('crypt', `aes-xts-plain64 ${key} 0 8:0 4096`)).toEqual([
      'dm_crypt_info cipher=aes-xts-plain64 key_location=raw 1',
    ]);
    expect(await told('crypt', 'aes-xts-plain64 :64:logon:x:secret-name 0 8:0 4096')).toEqual([
      'dm_crypt_info cipher=aes-xts-plain64 key_location=keyring 1',
    ]);
    expect(await told('crypt')).toEqual([]);
  });

  it('verity', async () => {
    expect(await told('verity C 2')).toEqual(['dm_verity_corrupted 1', 'dm_verity_corrected_blocks_total 2']);
    expect(await told('verity V')).toEqual(['dm_verity_corrupted 0']);
  });

  it('multipath', async () => {
    const lines = await told('multipath 2 0 0 0 2 1 A 0 1 0 8:0 A 0 E 0 1 0 8:16 F 4');
    expect(lines.filter(isSet)).toEqual([
      'dm_multipath_paths 2',
      'dm_multipath_paths_active 1',
      'dm_multipath_queueing 0',
      'dm_multipath_path_state group=1 path=sda state=active 1',
      'dm_multipath_path_state group=2 path=sdb state=failed 1',
      'dm_multipath_path_failures_total group=1 path=sda 0',
      'dm_multipath_path_failures_total group=2 path=sdb 4',
    ]);
  });

  it('multipath with a path that is there twice tells it once', async () => {
    const lines = await told('multipath 2 0 0 0 1 1 A 0 2 0 8:0 A 1 8:0 F 2');
    expect(lines.filter((line) => line.startsWith('dm_multipath_path_failures_total'))).toEqual([
      'dm_multipath_path_failures_total group=1 path=sda 1',
    ]);
    expect(lines.filter((line) => line.startsWith('dm_multipath_path_state'))).toHaveLength(3);
  });

  it('striped', async () => {
    expect((await told('striped 2 8:0 8:16 1 AD')).filter(isSet)).toEqual([
      'dm_striped_leg_state leg=0 backing=sda state=alive 1',
      'dm_striped_leg_state leg=1 backing=sdb state=error 1',
    ]);
  });

  it('clone', async () => {
    const lines = await told('clone 8 20/100 64 3/12 1 0 4 hydration_threshold 1 hydration_batch_size 1 rw');
    expect(lines.filter(isSet)).toEqual([
      'dm_clone_hydrated_regions 3',
      'dm_clone_regions 12',
      'dm_clone_region_size_bytes 32768',
      'dm_clone_hydrating_regions 1',
      'dm_clone_metadata_used_bytes 81920',
      'dm_clone_metadata_size_bytes 409600',
      'dm_clone_metadata_mode state=rw 1',
    ]);
  });

  it('era', async () => {
    expect(await told('era 8 20/100 3 -')).toEqual([
      'dm_era_current 3',
      'dm_era_metadata_used_bytes 81920',
      'dm_era_metadata_size_bytes 409600',
    ]);
  });

  it('vdo', async () => {
    expect((await told('vdo /dev/dm-3 read-only - online offline 10 100')).filter(isSet)).toEqual([
      'dm_vdo_used_bytes 40960',
      'dm_vdo_size_bytes 409600',
      'dm_vdo_mode state=read_only 1',
      'dm_vdo_recovering 0',
      'dm_vdo_index_state state=online 1',
      'dm_vdo_compression_online 0',
    ]);
  });

  it('error, whose size is that of what is lost', async () => {
    expect(await told('error')).toEqual(['dm_error_size_bytes 512000']);
  });

  it('are all spoken of here', () => {
    expect([...measuredTargets].sort()).toEqual([
      ...['cache', 'clone', 'crypt', 'era', 'error', 'integrity', 'mirror', 'multipath', 'raid', 'snapshot'],
      ...['snapshot-merge', 'striped', 'thin', 'thin-pool', 'vdo', 'verity', 'writecache'],
    ]);
  });
});

describe('a family', () => {
  it('keeps all digits of what a number cannot hold', async () => {
    const [used] = await told(
      'thin-pool 1 1/9 9223372036854775807/9223372036854775807 - rw discard_passdown - - 1',
      '8:0 8:16 128 5',
    );
    expect(used).toBe(`dm_thin_pool_data_used_bytes ${9_223_372_036_854_775_807n * 65_536n}`);
  });

  it('of several such targets in one device tells which', async () => {
    const half = 'mirror 2 8:0 8:16 1/2 1 AA 1 core';
    const families = await measure([{ name: 'pvmove0', status: [half, 'linear', half] }]);
    expect(series(families, 'dm_mirror_regions')).toEqual([
      'device=pvmove0 segment=0 2',
      'device=pvmove0 segment=2 2',
    ]);
  });

  it('has the labels of LVM for a volume of LVM', async () => {
    const uuid = `LVM-${'a'.repeat(32)}${'b'.repeat(32)}`;
    const families = await measure([{ name: 'my--vg-my--lv', uuid, status: ['verity V'] }]);
    expect(series(families, 'dm_verity_corrupted')).toEqual(['device=my--vg-my--lv vg=my-vg lv=my-lv 0']);
  });
});
