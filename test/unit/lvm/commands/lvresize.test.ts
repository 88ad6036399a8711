import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../../lib/lvm/bind.ts';
import { lvextend } from '../../../../lib/lvm/commands/lvextend.ts';
import { lvreduce } from '../../../../lib/lvm/commands/lvreduce.ts';
import { lvresize } from '../../../../lib/lvm/commands/lvresize.ts';
import { wantedBytes } from '../../../../lib/lvm/commands/lvresize-size.ts';
import { commandLine } from '../../../../lib/lvm/operation.ts';
import type { Size } from '../../../../lib/lvm/sizes.ts';
import { type LvmState, volumeOf } from '../../../../lib/lvm/state.ts';
import { type Fields, stateOf } from './rows.ts';

const MiB = 1n << 20n;
const forms = {
  ...prefixed('lvextend', lvextend),
  ...prefixed('lvreduce', lvreduce),
  ...prefixed('lvresize', lvresize),
};

function prefixed(
  command: string,
  family: Readonly<Record<string, AnyOperation>>,
): Record<string, AnyOperation> {
  return Object.fromEntries(Object.entries(family).map(([name, form]) => [`${command}.${name}`, form]));
}

function lineOf(form: string, options: object): readonly string[] {
  return commandLine(forms[form] as never, 'vg/lv' as never, options as never).argv;
}

const linear: Fields = { lv_name: 'lv', lv_size: '8388608', lv_active: 'active' };
const snapshot: Fields = {
  ...linear,
  origin: 'o',
  lv_role: 'public;snapshot;thicksnapshot',
  origin_size: '16777216',
  data_percent: '37.50',
};

// The call as an operation sees it before lvm runs.
function foreseen(form: string, options: object, ...volumes: readonly Fields[]) {
  const operation = forms[form];
  const { place } = commandLine(operation as never, 'vg/lv' as never, options as never);
  const call = { place, options, before: stateOf(...volumes) } as never;
  return {
    refusal: operation?.refuse?.(call)?.reason ?? null,
    denied: (operation?.asks?.(call) ?? [])
      .filter(({ granted, certain }) => certain && !granted)
      .map(({ consent }) => consent),
    yes:
      (operation?.asks?.(call) ?? []).length > 0 &&
      (operation?.asks?.(call) ?? []).every(({ granted }) => granted),
  };
}

// What it says is missing after lvm said that it is done.
function missing(
  form: string,
  options: object,
  was: Fields,
  is: Fields,
  notes: readonly string[] = [],
): string | null {
  const operation = forms[form];
  const { place } = commandLine(operation as never, 'vg/lv' as never, options as never);
  const call = { place, options, before: stateOf(was), after: stateOf(is), notes };
  return operation?.verify?.(call as never) ?? null;
}

describe('the command line of lvextend, lvreduce and lvresize', () => {
  it.each([
    ['lvextend.size', { size: '1GiB' }, ['--size', '1073741824b']],
    [
      'lvextend.bySize',
      { size: { extents: 3 }, stripes: 2, stripeSize: '64KiB', noSync: true, alloc: 'cling' },
      ['--alloc', 'cling', '--stripes', '2', '--stripesize', '65536b', '--nosync', '--extents', '+3'],
    ],
    [
      'lvextend.bySize',
      { size: { percent: 50, of: 'FREE' }, resizeFs: true },
      ['--resizefs', '--extents', '+50%FREE'],
    ],
    [
      'lvextend.size',
      { size: 512, resizeFs: 'resize', fsMode: 'nochange', noFsck: true },
      ['--fs', 'resize', '--fsmode', 'nochange', '--nofsck', '--size', '512b'],
    ],
    ['lvextend.poolMetadata', { size: '8MiB' }, ['--poolmetadatasize', '8388608b']],
    ['lvextend.poolMetadataBySize', { size: '8MiB' }, ['--poolmetadatasize', '+8388608b']],
    ['lvextend.byPolicy', {}, ['--usepolicies']],
    ['lvreduce.size', { size: '1GiB', allowShrink: true }, ['--size', '1073741824b']],
    ['lvreduce.bySize', { size: '1GiB' }, ['--size', '-1073741824b']],
    ['lvresize.size', { size: { extents: 3 } }, ['--extents', '3']],
    ['lvresize.extendBySize', { size: 512 }, ['--size', '+512b']],
    ['lvresize.reduceBySize', { size: { percent: 5, of: 'VG' } }, ['--extents', '-5%VG']],
  ])('%s %j', (form, options, expected) => {
    expect(lineOf(form, options)).toEqual([form.replace(/\..*/, ''), ...expected, '--', 'vg/lv']);
  });

  it('has devices behind the volume, with their extents', () => {
    for (const form of ['lvextend.byDevices', 'lvresize.extendByDevices'])
      expect(lineOf(form, { devices: ['/dev/sda:0-9', '/dev/sdb'] }).slice(1)).toEqual([
        ...['--', 'vg/lv', '/dev/sda:0-9', '/dev/sdb'],
      ]);
  });

  it.each(Object.keys(forms).filter((form) => form !== 'lvextend.byPolicy'))(
    'of %s is none without what it needs',
    (form) => {
      expect(() => lineOf(form, {})).toThrow(/must be/);
    },
  );

  it('has no size that a caller could make an option of', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer(), fc.bigInt(), fc.double()), (size) => {
        try {
          const line = lineOf('lvresize.reduceBySize', { size });
          expect(line).toEqual(['lvresize', '--size', expect.stringMatching(/^-[1-9]\d*b$/), '--', 'vg/lv']);
        } catch (error) {
          expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
        }
      }),
    );
  });
});

describe('the size that is wanted', () => {
  const of = (size: Size, sign: '' | '+' | '-', fields = linear) => {
    const state: LvmState = stateOf(fields);
    const row = volumeOf(state, 'vg/lv');
    return row === undefined ? null : wantedBytes(size, sign, { row, state });
  };

  it('is counted in bytes from the present one, where it can be', () => {
    expect(of('3MiB', '')).toBe(3n * MiB);
    expect(of({ extents: 3 }, '+')).toBe(11n * MiB);
    expect(of(1024, '-')).toBe(8n * MiB - 1024n);
    expect(of({ percent: 50, of: 'ORIGIN' }, '', snapshot)).toBe(8n * MiB);
    expect(of({ percent: 50, of: 'FREE' }, '+')).toBeNull();
    expect(of({ extents: undefined, percent: 50, of: 'ORIGIN' }, '', snapshot)).toBe(8n * MiB);
  });
});

describe('what shrinks', () => {
  it('needs leave in any case, and more of it for what is open', () => {
    expect(foreseen('lvreduce.size', { size: '4MiB' }, linear).denied).toEqual(['allowShrink']);
    expect(foreseen('lvreduce.size', { size: '4MiB', allowShrink: true }, linear)).toMatchObject({
      denied: [],
      yes: true,
    });
    const open = { ...linear, lv_device_open: '1' };
    expect(foreseen('lvreduce.size', { size: '4MiB', allowShrink: true }, open).denied).toEqual([
      'allowInUse',
    ]);
    expect(foreseen('lvresize.reduceBySize', { size: { percent: 1, of: 'VG' } }, linear).denied).toEqual([
      'allowShrink',
    ]);
    expect(foreseen('lvresize.size', { size: '4MiB' }, linear).denied).toEqual(['allowShrink']);
  });

  it('needs none if it does not shrink', () => {
    expect(foreseen('lvreduce.size', { size: '8MiB' }, linear)).toMatchObject({ denied: [], yes: false });
    expect(foreseen('lvresize.size', { size: '9MiB' }, linear)).toMatchObject({ denied: [], yes: false });
  });

  it('lets lvm answer for itself with a file system, which is never unmounted without leave', () => {
    expect(foreseen('lvreduce.size', { size: '4MiB', resizeFs: true }, linear)).toMatchObject({
      denied: [],
      yes: false,
    });
    const open = { ...linear, lv_device_open: '1' };
    expect(foreseen('lvreduce.size', { size: '4MiB', resizeFs: true }, open).denied).toEqual([
      'allowUnmount',
    ]);
    expect(foreseen('lvreduce.size', { size: '4MiB', resizeFs: true, allowShrink: true }, open).yes).toBe(
      false,
    );
    expect(foreseen('lvreduce.size', { size: '4MiB', resizeFs: true, allowUnmount: true }, open).yes).toBe(
      true,
    );
    expect(foreseen('lvreduce.size', { size: '4MiB', resizeFs: 'ignore' }, linear).denied).toEqual([
      'allowShrink',
    ]);
    expect(foreseen('lvreduce.size', { size: '4MiB', resizeFs: 'checksize' }, linear).denied).toEqual([]);
  });

  it('does not go below what a snapshot holds', () => {
    const refusal = (size: Size, fields: Fields = snapshot) =>
      foreseen('lvreduce.size', { size, allowShrink: true }, fields).refusal;
    // It holds 3 MiB.
    expect(refusal('3MiB')).toBe('size-invalid');
    expect(refusal('4MiB')).toBeNull();
    expect(refusal({ percent: 50, of: 'VG' })).toBe('size-invalid');
    expect(refusal('4MiB', { ...snapshot, data_percent: '' })).toBe('not-active');
    expect(refusal('1MiB', linear)).toBeNull();
  });

  it('is done when it is so small, but for a whole stripe', () => {
    const to = (size: string) => ({ ...linear, lv_size: size });
    expect(missing('lvreduce.size', { size: '4MiB' }, linear, to('4194304'))).toBeNull();
    expect(missing('lvreduce.size', { size: '4MiB' }, linear, to('5242880'))).toContain('5242880');
    const striped = { ...linear, stripes: '3', data_stripes: '2' };
    expect(
      missing('lvreduce.size', { size: '4MiB' }, striped, { ...striped, lv_size: '5242880' }),
    ).toBeNull();
    expect(missing('lvreduce.bySize', { size: '4MiB' }, linear, linear)).toContain('8388608');
  });
});

describe('what enlarges', () => {
  it('is not begun for a snapshot that overflowed', () => {
    const invalid = { ...snapshot, lv_snapshot_invalid: '1' };
    for (const [form, options] of [
      ['lvextend.size', { size: '9MiB' }],
      ['lvextend.byPolicy', {}],
      ['lvextend.byDevices', { devices: ['/dev/sda'] }],
      ['lvresize.extendBySize', { size: '9MiB' }],
      ['lvresize.size', { size: '9MiB' }],
    ] as const)
      expect(foreseen(form, options, invalid).refusal).toBe('snapshot-invalid');
    expect(foreseen('lvextend.size', { size: '9MiB' }, snapshot).refusal).toBeNull();
  });

  it('is not done when a snapshot overflowed meanwhile, or the size is less than asked for', () => {
    const grown = { ...snapshot, lv_size: '12582912' };
    expect(missing('lvextend.size', { size: '12MiB' }, snapshot, grown)).toBeNull();
    expect(
      missing('lvextend.size', { size: '12MiB' }, snapshot, { ...grown, lv_snapshot_invalid: '1' }),
    ).toContain('overflowed');
    expect(missing('lvextend.size', { size: '13MiB' }, snapshot, grown)).toContain('12582912');
    expect(
      missing('lvextend.size', { size: '13MiB' }, snapshot, grown, ['Reached maximum COW size 12.00 MiB']),
    ).toBeNull();
    expect(missing('lvextend.bySize', { size: '4MiB' }, linear, linear)).toContain('8388608');
    expect(missing('lvextend.byDevices', { devices: ['/dev/sda'] }, linear, linear)).toContain('not larger');
  });

  it('is not begun for an inactive mirror that was never synchronised, as lvm takes no answer then', () => {
    const never = { ...linear, lv_attr: 'Mwi---m---', lv_active: '' };
    for (const form of ['lvextend.size', 'lvresize.size', 'lvresize.extendBySize']) {
      expect(foreseen(form, { size: '9MiB' }, never).refusal).toBe('not-active');
      expect(foreseen(form, { size: '9MiB' }, { ...never, lv_active: 'active' }).refusal).toBeNull();
      expect(foreseen(form, { size: '9MiB' }, { ...never, lv_attr: 'mwi---m---' }).refusal).toBeNull();
    }
  });

  it('asks where lvm would unmount or mount without asking', () => {
    for (const fsMode of ['offline', 'manage'])
      expect(foreseen('lvextend.size', { size: '9MiB', resizeFs: 'resize', fsMode }, linear).denied).toEqual([
        'allowUnmount',
      ]);
    expect(
      foreseen('lvextend.size', { size: '9MiB', resizeFs: 'resize', fsMode: 'nochange' }, linear).denied,
    ).toEqual([]);
  });

  it('may be in either direction if it was a share of the group', () => {
    const of = (size: string): string | null =>
      missing('lvresize.size', { size: { percent: 10, of: 'VG' }, allowShrink: true }, linear, {
        ...linear,
        lv_size: size,
      });
    expect(of('4194304')).toBeNull();
    expect(of('16777216')).toBeNull();
  });
});
