import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../../lib/lvm/bind.ts';
import { lvchange } from '../../../../lib/lvm/commands/lvchange.ts';
import { settingsProblem } from '../../../../lib/lvm/commands/settings.ts';
import { commandLine } from '../../../../lib/lvm/operation.ts';
import { type Fields, stateOf } from './rows.ts';

type Forms = typeof lvchange;
type OptionsFor<K extends keyof Forms> = Parameters<NonNullable<Forms[K]['result']>>[0]['options'];

const argv = <K extends keyof Forms>(form: K, options: OptionsFor<K>): readonly string[] =>
  commandLine(lvchange[form] as never, 'vg/lv' as never, options as never).argv;

describe('the command line of lvchange', () => {
  it.each([
    ['activate', { ignoreActivationSkip: true }, ['--activate', 'y', '--ignoreactivationskip']],
    ['autoactivate', {}, ['--activate', 'ay']],
    ['activateExclusively', {}, ['--activate', 'ey']],
    ['activateShared', { activationMode: 'partial' }, ['--activate', 'sy', '--activationmode', 'partial']],
    ['deactivate', { withOrigin: true }, ['--activate', 'n']],
    ['refresh', { poll: false }, ['--refresh', '--poll', 'n']],
    [
      'change',
      { permission: 'r', addTags: ['a', '-b'], deleteTags: ['@c'] },
      ['--permission', 'r', '--addtag=a', '--addtag=-b', '--deltag=c'],
    ],
    ['change', { alloc: 'cling', readAhead: 'auto' }, ['--alloc', 'cling', '--readahead', 'auto']],
    [
      'change',
      { autoactivation: false, activationSkip: true },
      ['--setautoactivation', 'n', '--setactivationskip', 'y'],
    ],
    ['contiguous', { contiguous: true }, ['--contiguous', 'y']],
    ['metadataProfile', { profile: 'thin' }, ['--metadataprofile', 'thin']],
    ['detachProfile', {}, ['--detachprofile']],
    ['persistent', { minor: 7, major: 253 }, ['--persistent', 'y', '--minor', '7', '--major', '253']],
    ['notPersistent', {}, ['--persistent', 'n']],
    ['monitor', { monitor: true }, ['--monitor', 'y']],
    ['poll', {}, ['--poll', 'y']],
    ['raid', { minRecoveryRate: '1MiB' }, ['--minrecoveryrate', '1048576b']],
    [
      'raid1',
      { writeMostly: { '/dev/sda': 'y', '/dev/sdb': 't' }, writeBehind: 5 },
      ['--writemostly=/dev/sda:y', '--writemostly=/dev/sdb:t', '--writebehind', '5'],
    ],
    ['syncAction', { action: 'check' }, ['--syncaction', 'check']],
    ['rebuild', { devices: ['/dev/sda', '/dev/sdb'] }, ['--rebuild', '/dev/sda', '--rebuild', '/dev/sdb']],
    ['resync', { allowDeactivation: true }, ['--resync']],
    [
      'thinPool',
      { discards: 'ignore', errorWhenFull: true, zero: false },
      ['--discards', 'ignore', '--errorwhenfull', 'y', '--zero', 'n'],
    ],
    [
      'cache',
      {
        cacheMode: 'writeback',
        cachePolicy: 'smq',
        cacheSettings: { migration_threshold: 4096, x: 'default' },
      },
      [
        '--cachemode',
        'writeback',
        '--cachepolicy',
        'smq',
        '--cachesettings',
        'migration_threshold=4096 x=default',
      ],
    ],
    ['writecache', { cacheSettings: { high_watermark: 60 } }, ['--cachesettings', 'high_watermark=60']],
    ['clearWritecache', {}, ['--cachesettings', '']],
    [
      'vdo',
      { compression: true, deduplication: false, vdoSettings: { ack_threads: 2 } },
      ['--compression', 'y', '--deduplication', 'n', '--vdosettings', 'ack_threads=2'],
    ],
  ] as const)('%s %j', (form, options, expected) => {
    expect(argv(form, options as never)).toEqual(['lvchange', ...expected, '--', 'vg/lv']);
  });

  it('is of each form tried here', () => {
    expect(Object.keys(lvchange)).toHaveLength(24);
  });

  it.each(['change', 'raid', 'raid1', 'thinPool', 'cache', 'vdo'] as const)(
    'is none for %s of nothing',
    (form) => {
      expect(() => argv(form, {} as never)).toThrow(/at least one of/);
    },
  );

  it('is none for an option of another type of volume', () => {
    expect(() => argv('change', { discards: 'ignore' } as never)).toThrow(/known are/);
    expect(() => argv('raid', { writeBehind: 1 } as never)).toThrow(/known are/);
    expect(() => argv('writecache', { cacheSettings: { nonsense: 1 } } as never)).toThrow(/known are/);
  });

  it('is none for a rate that lvm would cut to whole KiB, as 512 to none at all', () => {
    expect(() => argv('raid', { minRecoveryRate: 512 })).toThrow(RangeError);
  });

  it('never has a string of a caller where it could be an option', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, value) => {
        for (const [form, options] of [
          ['change', { addTags: [value], readAhead: value }],
          ['change', { deleteTags: [value] }],
          ['metadataProfile', { profile: value }],
          ['raid1', { writeMostly: { [name]: value } }],
          ['rebuild', { devices: [value] }],
          ['cache', { cacheSettings: { [name]: value } }],
          ['vdo', { vdoSettings: { [name]: value } }],
        ] as const) {
          const line = attempt(() => argv(form, options as never));
          if (line === null) continue;
          const flags = line.slice(1, -2);
          expect(line.slice(-2)).toEqual(['--', 'vg/lv']);
          expect(flags[0]).toMatch(/^--[a-z]+/);
          // A word of its own is no option: whatever begins with a hyphen was refused, or is joined to its option.
          for (const word of flags) if (word.startsWith('-')) expect(word).toMatch(/^--[a-z]+(?:=|$)/);
        }
      }),
    );
  });

  it('never makes two settings of one', () => {
    fc.assert(
      fc.property(fc.string(), fc.oneof(fc.string(), fc.double(), fc.integer()), (name, value) => {
        const line = attempt(() => argv('cache', { cacheSettings: { [name]: value } }));
        if (line !== null) expect(line[2]).toMatch(/^[a-z][a-z0-9_]*=[A-Za-z0-9_.-]+$/);
      }),
    );
  });
});

// What an operation makes of what is there, before lvm runs and after it said that it is done.
function judge(form: keyof Forms, options: object, was: readonly Fields[], is: readonly Fields[] = was) {
  const operation = lvchange[form] as AnyOperation;
  const { place } = commandLine(operation, 'vg/lv' as never, options as never);
  const call = { place, options, before: stateOf(...was), after: stateOf(...is), notes: [] } as never;
  const questions = operation.asks?.(call) ?? [];
  return {
    refusal: operation.refuse?.(call)?.reason ?? null,
    denied: questions.filter(({ granted, certain }) => certain && !granted).map(({ consent }) => consent),
    missing: operation.verify?.(call) ?? null,
  };
}

const active: Fields = { lv_name: 'lv', lv_active: 'active', lv_kernel_minor: '3' };
const inactive: Fields = { lv_name: 'lv', lv_active: '', lv_kernel_minor: '-1' };

describe('lvchange with what is there', () => {
  it('is not done when a volume is inactive after it was to be activated, and says why', () => {
    expect(judge('activate', {}, [inactive], [active]).missing).toBeNull();
    expect(judge('activate', {}, [inactive]).missing).toContain('volume_list');
    const skipped = { ...inactive, lv_skip_activation: '1' };
    expect(judge('activate', {}, [skipped]).missing).toContain('ignoreActivationSkip');
    expect(judge('activate', { ignoreActivationSkip: true }, [skipped]).missing).toContain('volume_list');
    expect(judge('activate', {}, [{ ...inactive, lv_active: 'unknown' }]).missing).toContain('cannot ask');
    expect(judge('autoactivate', {}, [skipped]).missing).toBeNull();
    expect(judge('autoactivate', {}, [{ ...inactive, lv_autoactivation: '0' }]).missing).toBeNull();
    expect(judge('autoactivate', {}, [inactive]).missing).toContain('volume_list');
  });

  it('is not done when the kernel has the device still after it was to be deactivated', () => {
    expect(judge('deactivate', {}, [active], [inactive]).missing).toBeNull();
    expect(judge('deactivate', {}, [active]).missing).toContain('active still');
    expect(judge('deactivate', {}, [active], [{ ...inactive, lv_kernel_minor: '3' }]).missing).toContain(
      'active still',
    );
    expect(judge('deactivate', {}, [active], [{ ...active, lv_active: 'unknown' }]).missing).toContain(
      'cannot ask',
    );
  });

  it('needs leave to change an origin with its snapshot, but not a hidden one', () => {
    const role = 'public;snapshot;thicksnapshot';
    expect(judge('deactivate', {}, [{ ...active, origin: 'o', lv_role: role }]).denied).toEqual([
      'withOrigin',
    ]);
    expect(
      judge('activate', { withOrigin: true }, [{ ...active, origin: 'o', lv_role: role }]).denied,
    ).toEqual([]);
    expect(judge('activate', {}, [{ ...active, origin: '[lv_vorigin]', lv_role: role }]).denied).toEqual([]);
    expect(
      judge('activate', {}, [{ ...active, origin: 'o', lv_role: 'public;snapshot;thinsnapshot' }]).denied,
    ).toEqual([]);
  });

  it('has a refresh done when nothing is left suspended or in need of one', () => {
    expect(judge('refresh', {}, [active])).toMatchObject({ refusal: null, missing: null });
    expect(judge('refresh', {}, [inactive]).refusal).toBe('not-active');
    expect(judge('refresh', {}, [{ ...active, lv_suspended: '1' }]).missing).toContain('suspended');
    expect(judge('refresh', {}, [{ ...active, lv_inactive_table: '1' }]).missing).toContain('taken into use');
    expect(judge('refresh', {}, [{ ...active, lv_attr: 'rwi-a-r-r-' }]).missing).toContain('refresh');
  });

  it('looks at each attribute that was to be changed, and at no other', () => {
    const row: Fields = {
      ...active,
      lv_attr: '-ri-a-----',
      lv_tags: 'a;b',
      lv_allocation_policy: 'cling',
      lv_read_ahead: '4096',
    };
    expect(
      judge(
        'change',
        { permission: 'r', addTags: ['a'], deleteTags: ['c'], alloc: 'cling', readAhead: '9' },
        [row],
      ).missing,
    ).toBeNull();
    for (const [options, said] of [
      [{ permission: 'rw' }, 'permission'],
      [{ addTags: ['@c'] }, 'tag c'],
      [{ deleteTags: ['b'] }, 'tag b'],
      [{ alloc: 'normal' }, 'allocation policy'],
      [{ readAhead: 'auto' }, 'read-ahead'],
      [{ readAhead: '1000' }, 'read-ahead'],
      [{ autoactivation: false }, 'autoactivation'],
      [{ activationSkip: true }, 'activation skip'],
    ] as const)
      expect(judge('change', options, [row]).missing).toContain(said);
  });

  it('needs leave to deactivate what is active, and gives no number away twice', () => {
    expect(judge('persistent', { minor: 9 }, [active]).denied).toEqual(['allowDeactivation']);
    expect(judge('persistent', { minor: 9 }, [inactive]).denied).toEqual([]);
    expect(judge('resync', {}, [active]).denied).toEqual(['allowDeactivation']);
    const other: Fields = { lv_name: 'other', lv_kernel_minor: '9' };
    expect(judge('persistent', { minor: 9 }, [inactive, other]).refusal).toBe('exists');
    expect(judge('persistent', { minor: 3 }, [active, other]).refusal).toBeNull();
    expect(
      judge('persistent', { minor: 9 }, [active], [{ ...active, lv_fixed_minor: '1', lv_minor: '9' }])
        .missing,
    ).toContain('kernel');
  });

  it('refuses what the images of a raid are not on', () => {
    const image: Fields = {
      lv_name: '[lv_rimage_0]',
      lv_parent: 'lv',
      lv_role: 'private;raid;image',
      devices: '/dev/sda(0)',
    };
    const pvs = ['/dev/sda', '/dev/sdb'];
    expect(judge('rebuild', { devices: ['/dev/sda'] }, [active, image]).refusal).toBeNull();
    const state = stateOf(active, image);
    const [group] = state.groups;
    const { place } = commandLine(lvchange.rebuild, 'vg/lv', { devices: pvs });
    const rows = pvs.map((name) => ({ name }) as never);
    const before = { groups: group === undefined ? [] : [{ ...group, pvs: rows }], orphans: [] };
    expect(lvchange.rebuild.refuse?.({ place, options: { devices: pvs }, before })?.reason).toBe(
      'not-in-group',
    );
  });

  it('needs leave for writeback with a cachevol, and for nothing else', () => {
    const cached = (pool_lv: string): Fields => ({ ...active, pool_lv, lv_layout: 'cache' });
    expect(judge('cache', { cacheMode: 'writeback' }, [cached('[fast_cvol]')]).denied).toEqual([
      'allowUnrepairable',
    ]);
    expect(judge('cache', { cacheMode: 'writethrough' }, [cached('[fast_cvol]')]).denied).toEqual([]);
    expect(judge('cache', { cacheMode: 'writeback' }, [cached('[fast_cpool]')]).denied).toEqual([]);
  });

  it('looks at what a pool has by its segment', () => {
    const pool: Fields = { ...active, discards: 'passdown', zero: '1', lv_when_full: 'queue' };
    expect(
      judge('thinPool', { discards: 'passdown', zero: true, errorWhenFull: false }, [pool]).missing,
    ).toBeNull();
    expect(judge('thinPool', { discards: 'ignore' }, [pool]).missing).toContain('discards');
    expect(judge('thinPool', { zero: false }, [pool]).missing).toContain('zeroing');
    expect(judge('thinPool', { errorWhenFull: true }, [pool]).missing).toContain('when full');
    expect(judge('clearWritecache', {}, [{ ...active, cache_settings: 'fua=1' }]).missing).toContain('fua=1');
    const vdo: readonly Fields[] = [
      { ...active, pool_lv: 'p' },
      { lv_name: 'p', vdo_compression: '1', vdo_deduplication: '0' },
    ];
    expect(judge('vdo', { compression: true, deduplication: false }, vdo).missing).toBeNull();
    expect(judge('vdo', { compression: false }, vdo).missing).toContain('compression');
  });

  it('is not done when nothing is monitored that was to be', () => {
    expect(judge('monitor', { monitor: true }, [{ ...active, seg_monitor: 'monitored' }]).missing).toBeNull();
    expect(judge('monitor', { monitor: true }, [active]).missing).toContain('nothing that can be monitored');
    expect(judge('monitor', { monitor: false }, [{ ...active, seg_monitor: 'monitored' }]).missing).toContain(
      'still',
    );
  });

  it('is not done when an array does something else, or its metadata are as before', () => {
    expect(
      judge('syncAction', { action: 'check' }, [{ ...active, raid_sync_action: 'recover' }]).missing,
    ).toContain('recover');
    expect(
      judge('syncAction', { action: 'check' }, [{ ...active, raid_sync_action: 'check' }]).missing,
    ).toBeNull();
    expect(judge('rebuild', { devices: ['/dev/sda'] }, [active]).missing).toContain('as before');
    expect(
      judge('raid', { minRecoveryRate: '1MiB' }, [{ ...active, raid_min_recovery_rate: '512' }]).missing,
    ).toContain('512');
  });
});

describe('settings of a report', () => {
  it('are as wanted if each has its value, and those set to default are not there', () => {
    const found = ['high_watermark=60', 'low_watermark=40'];
    expect(settingsProblem(found, { high_watermark: 60 })).toBeNull();
    expect(settingsProblem(found, { max_age: 'default' })).toBeNull();
    expect(settingsProblem(found, { high_watermark: 6 })).toContain('high_watermark=60');
    expect(settingsProblem(found, { low_watermark: 'default' })).toContain('low_watermark=40');
    expect(settingsProblem(undefined, { fua: 1 })).toContain('no fua');
  });
});

function attempt<T>(make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return null;
    throw error;
  }
}
