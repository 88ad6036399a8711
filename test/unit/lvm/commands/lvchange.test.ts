import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lvchange } from '../../../../lib/lvm/commands/lvchange.ts';
import { settingsProblem } from '../../../../lib/lvm/commands/lvchange-settings.ts';
import { commandLine } from '../../../../lib/lvm/operation.ts';

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
    ['rebuild', { devices: ['/dev/sda', '/dev/sdb'] }, ['--rebuild=/dev/sda', '--rebuild=/dev/sdb']],
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
    ['writecache', { settings: { high_watermark: 60 } }, ['--cachesettings', 'high_watermark=60']],
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
    expect(() => argv('writecache', { settings: { nonsense: 1 } } as never)).toThrow(/known are/);
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
