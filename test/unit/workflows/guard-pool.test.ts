import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pvColumns } from '../../../lib/lvm/columns/pv.ts';
import { readRow } from '../../../lib/lvm/columns/row.ts';
import type { Lvm } from '../../../lib/lvm/lvm.ts';
import { decode } from '../../../lib/targets/index.ts';
import { isMonitored, requireNoDmeventd } from '../../../lib/workflows/guard/guard-dmeventd.ts';
import { freeFor } from '../../../lib/workflows/guard/guard-pool.ts';
import { partsOf, poolDevices, readPool } from '../../../lib/workflows/guard/guard-pool-reading.ts';
import type { Tools } from '../../../lib/workflows/tools.ts';
import { type Fields, stateOf } from '../lvm/commands/rows.ts';

const mebibyte = 1024n * 1024n;

describe('the parts of a pool', () => {
  const whole = (bytes: bigint): bigint => ((bytes + mebibyte - 1n) / mebibyte) * mebibyte;
  const parts = (params: string) => {
    const status = decode('thin-pool', params);
    if (status.type !== 'thin-pool' || status.state !== 'ok') throw new Error('no pool that works');
    return partsOf(status, 'vg/pool', 65_536n, whole);
  };

  it('are its blocks in bytes, the whole in extents', () => {
    expect(parts('1 60/500 100/255 - rw discard_passdown queue_if_no_space - 1024')).toEqual([
      { part: 'data', used: 6_553_600n, size: 16n * mebibyte, most: null, full: null },
      { part: 'metadata', used: 245_760n, size: 2n * mebibyte, most: null, full: null },
    ]);
  });

  it('say which of them is full', () => {
    const full = (mode: string) =>
      parts(`1 60/512 256/256 - ${mode} discard_passdown queue_if_no_space - 1024`).map((part) => part.full);
    expect(full('out_of_data_space')).toEqual([expect.stringContaining('no room for data'), null]);
    expect(full('ro')).toEqual([null, expect.stringContaining('read-only')]);
  });

  it('are none of a pool that has failed, which is not one that is gone', async () => {
    const of = (params: string) => {
      const status = async () => ({ error: null, segments: [{ status: decode('thin-pool', params) }] });
      return readPool({ dm: { status } } as unknown as Tools, ['vg-pool'], () => []);
    };
    expect(await of('Fail')).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/needs repair/),
    });
    expect(await of('Error')).toEqual({ kind: 'unknown' });
  });

  it('are of the device above which lvm has a layer once a volume uses it', () => {
    expect(poolDevices('v-g', 'pool')).toEqual(['v--g-pool-tpool', 'v--g-pool']);
  });

  it('can be given what is free; of the metadata half, if the group has a spare', () => {
    const pv = readRow(pvColumns, { pv_name: '/dev/sda', pv_pe_count: '9', pv_pe_alloc_count: '1' }).row;
    const spare = { lv_name: 'lvol0_pmspare', lv_role: 'private;pool;spare' };
    const group = (...volumes: readonly Fields[]) => {
      const [found] = stateOf(...volumes).groups;
      return found === undefined ? undefined : { ...found, pvs: [pv] };
    };
    expect(freeFor('data', group(spare))).toBe(8n * mebibyte);
    expect(freeFor('metadata', group(spare))).toBe(4n * mebibyte);
    expect(freeFor('metadata', group())).toBe(8n * mebibyte);
    expect(freeFor('data', undefined)).toBe(0n);
  });
});

describe('a dmeventd that watches as well', () => {
  const watched = (monitor: string) => stateOf({ lv_name: 'snap', seg_monitor: monitor });
  const asking = (threshold: unknown): Lvm =>
    ({
      lvmconfig: async () => ({ tree: { activation: { snapshot_autoextend_threshold: threshold } } }),
    }) as unknown as Lvm;
  const check = (monitor: string, threshold: unknown): Promise<void> => {
    const state = watched(monitor);
    const [row] = state.groups[0]?.lvs ?? [];
    if (row === undefined) throw new Error('there is no volume');
    return requireNoDmeventd(asking(threshold), state, row, 'snapshot_autoextend_threshold');
  };

  it('is in the way if it extends, and only then', async () => {
    await expect(check('monitored', 70)).rejects.toMatchObject({
      ...{ reason: 'foreign', message: expect.stringContaining('extends it from 70 % on') },
      next: expect.stringContaining('lvchange --monitor n vg/snap'),
    });
    await expect(check('monitored', 100)).resolves.toBeUndefined();
    await expect(check('not monitored', 70)).resolves.toBeUndefined();
    await expect(check('', 70)).resolves.toBeUndefined();
  });

  it('is none if its setting says nothing that is understood', () =>
    fc.assert(
      fc.asyncProperty(
        fc.anything().filter((value) => typeof value !== 'number'),
        async (threshold) => {
          expect(await check('monitored', threshold)).toBeUndefined();
        },
      ),
    ));

  it('is one if lvm says so of any part of the volume', () => {
    const state = watched('monitored');
    expect(state.groups[0]?.lvs.map((row) => isMonitored(state, row))).toEqual([true]);
  });
});
