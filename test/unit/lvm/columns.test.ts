import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lvColumns } from '../../../lib/lvm/columns/lv.ts';
import { pvColumns } from '../../../lib/lvm/columns/pv.ts';
import { pvSegColumns } from '../../../lib/lvm/columns/pvseg.ts';
import { type Columns, readRow } from '../../../lib/lvm/columns/row.ts';
import { segColumns } from '../../../lib/lvm/columns/seg.ts';
import { vgColumns } from '../../../lib/lvm/columns/vg.ts';

const tables: readonly (readonly [string, Columns])[] = [
  ['LV', lvColumns],
  ['PV', pvColumns],
  ['VG', vgColumns],
  ['segment', segColumns],
  ['PV segment', pvSegColumns],
];

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    '-1',
    '0',
    '1',
    '99999999999999999999',
    '150.68',
    'unknown',
    '[unknown](0)',
    'constructor',
  ),
  fc.constantFrom('__proto__', 'Zzzzzzzzzzzz', ':1-2', '(3)', ';;', '[]', '[[a]]', '1795156631', 'auto'),
);

const lv = (cells: Readonly<Record<string, string>>) => readRow(lvColumns, cells).row;
const seg = (cells: Readonly<Record<string, string>>) => readRow(segColumns, cells).row;

describe.each(tables)('a row of an %s', (_, columns) => {
  const fields = Object.values(columns).map(({ field }) => field);

  it('has every column, whatever lvm said in whatever field', () => {
    const anyCells = fc.dictionary(fc.oneof(fc.constantFrom(...fields), fc.string()), texts);
    fc.assert(
      fc.property(anyCells, (cells) => {
        const { row } = readRow(columns, cells);
        expect(Object.keys(row).sort()).toEqual([...Object.keys(columns), 'more'].sort());
        expect(Object.values(row)).not.toContain(undefined);
      }),
    );
  });

  it('loses no text: what is not understood is in more', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fields), texts, (field, text) => {
        const { row } = readRow(columns, { [field]: text });
        const known = Object.values(columns).some(
          (column) => column.field === field && column.parse(text) !== undefined,
        );
        expect(known || row.more[field] === text).toBe(true);
      }),
    );
  });

  it('is read of anything at all', () => {
    fc.assert(
      fc.property(fc.anything(), (cells) => {
        expect(Object.keys(readRow(columns, cells).row)).toContain('more');
      }),
    );
  });

  it('says which column is missing that every lvm has', () => {
    const isRequired = Object.values(columns).some(({ required }) => required);
    expect(readRow(columns, {}).problem !== null).toBe(isRequired);
  });
});

describe('values', () => {
  it('are bytes exactly, however many', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (size) => {
        expect(lv({ lv_size: String(size) }).size).toBe(size);
      }),
    );
  });

  it('are numbers where lvm counts, null where there is nothing to count', () => {
    expect(lv({ seg_count: '3' }).segCount).toBe(3);
    expect(lv({ cache_used_blocks: '' }).cacheUsedBlocks).toBeNull();
    expect(lv({ lv_kernel_minor: '-1' }).kernelMinor).toBeNull();
    expect(lv({ writecache_block_size: '-1' }).writecacheBlockSize).toBeNull();
  });

  it('are percentages, which of an overfull snapshot are above 100', () => {
    expect(lv({ data_percent: '34.08' }).dataPercent).toBe(34.08);
    expect(lv({ data_percent: '150.68' }).dataPercent).toBe(150.68);
    expect(lv({ data_percent: '' }).dataPercent).toBeNull();
  });

  it('are yes, no, or not known', () => {
    expect(['1', '0', '-1', ''].map((text) => lv({ lv_suspended: text }).suspended)).toEqual([
      true,
      false,
      null,
      null,
    ]);
  });

  it('tell an active volume in the words of every version', () => {
    expect(['active', '', 'unknown', '1', '0', '-1'].map((text) => lv({ lv_active: text }).active)).toEqual([
      true,
      false,
      null,
      true,
      false,
      null,
    ]);
  });

  it('are times, in seconds since the epoch or as lvm prints them', () => {
    expect(lv({ lv_time: '1795156631' }).time).toEqual(new Date(1_795_156_631_000));
    expect(lv({ lv_time: '2026-11-20 06:36:31 +0100' }).time).toEqual(new Date('2026-11-20T05:36:31Z'));
    expect(lv({ lv_time: '' }).time).toBeNull();
    expect(lv({ lv_time: 'yesterday' })).toMatchObject({ time: null, more: { lv_time: 'yesterday' } });
  });

  it('are lists, by either separator', () => {
    expect(lv({ lv_tags: 'a=b;c&d#!' }).tags).toEqual(['a=b', 'c&d#!']);
    expect(lv({ lv_role: 'private,raid,image' }).role).toEqual(['private', 'raid', 'image']);
    expect(lv({ lv_tags: '' }).tags).toEqual([]);
  });

  it('are names without brackets, and say that they had some', () => {
    expect(lv({ lv_name: '[a_mlog]', mirror_log: '[a_mlog]' })).toMatchObject({
      name: 'a_mlog',
      hidden: true,
      mirrorLog: 'a_mlog',
    });
    expect(lv({ lv_name: 'a', origin: '' })).toMatchObject({ name: 'a', hidden: false, origin: null });
  });

  it('are the places that a segment stands on, of devices with odd names and missing ones too', () => {
    expect(seg({ devices: '/dev/disk/by-path/a,b(0),[unknown](25),home_rimage_0(7)' }).devices).toEqual([
      { name: '/dev/disk/by-path/a,b', extent: 0 },
      { name: null, extent: 25 },
      { name: 'home_rimage_0', extent: 7 },
    ]);
    expect(seg({ seg_pe_ranges: '/dev/sda:0-1 [unknown]:3-9' }).peRanges).toEqual([
      { name: '/dev/sda', first: 0, last: 1 },
      { name: null, first: 3, last: 9 },
    ]);
    expect(seg({ seg_le_ranges: '[r_rimage_0]:0-7;[r_rimage_1]:0-7' }).leRanges).toEqual([
      { name: 'r_rimage_0', first: 0, last: 7 },
      { name: 'r_rimage_1', first: 0, last: 7 },
    ]);
  });

  it('of a place that is none keep their text', () => {
    expect(seg({ devices: '/dev/sda(0),/dev/sdb' })).toMatchObject({
      devices: [],
      more: { devices: '/dev/sda(0),/dev/sdb' },
    });
  });

  it('of a newer lvm are kept under the names that it gives them', () => {
    expect(lv({ lv_name: 'a', lv_mood: 'fine' }).more).toEqual({ lv_mood: 'fine' });
  });

  it('of a device that is missing have no name', () => {
    expect(readRow(pvColumns, { pv_name: '[unknown]', pv_missing: '1' }).row).toMatchObject({
      name: null,
      missing: true,
    });
  });

  it('of read-ahead and metadata copies may be words', () => {
    expect([lv({ lv_read_ahead: 'auto' }).readAhead, lv({ lv_read_ahead: '131072' }).readAhead]).toEqual([
      'auto',
      131_072n,
    ]);
    expect(readRow(vgColumns, { vg_mda_copies: 'unmanaged' }).row.mdaCopies).toBe('unmanaged');
  });
});

describe('the columns', () => {
  it.each(tables)('of an %s read each field once as such, and twice only to decode it', (_, columns) => {
    const decoded = new Set(['attributes', 'kernelKnown', 'hidden']);
    const fields = Object.entries(columns).flatMap(([key, { field }]) => (decoded.has(key) ? [] : [field]));
    expect(fields.length).toBe(new Set(fields).size);
  });
});
