import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configPaths } from '../../../lib/lvm/config.ts';
import {
  configurationOf,
  environmentOf,
  globalArguments,
  ownSettings,
} from '../../../lib/lvm/environment.ts';
import type { RunSettings } from '../../../lib/lvm/run.ts';
import type { Facilities } from '../../../lib/lvm/udev.ts';

const settings: RunSettings = {
  ...{ binary: 'lvm', prefix: [], environment: {}, config: '', devices: [] },
  ...{ devicesFile: undefined, profile: undefined },
};
const withUdev: Facilities = { udev: 'reachable', lvmpolld: false };
const without: Facilities = { udev: 'absent', lvmpolld: false };

describe('the environment of lvm', () => {
  it('has nothing inherited that changes what lvm does or says', () => {
    const inherited = {
      ...{
        LVM_SYSTEM_DIR: '/x',
        LVM_VG_NAME: 'vg',
        LVM_REPORT_FD: '9',
        DM_DISABLE_UDEV: '1',
        DM_DEV_DIR: '/x',
      },
      ...{ LANG: 'de_DE.UTF-8', LC_MESSAGES: 'de_DE', LANGUAGE: 'de', BASH_ENV: '/x', HOME: '/root' },
    };
    const environment = environmentOf(settings, 'none', withUdev, inherited);
    expect(environment).toEqual({
      ...{ HOME: '/root', LC_ALL: 'C', LVM_SUPPRESS_FD_WARNINGS: '1' },
      PATH: '/usr/sbin:/sbin:/usr/bin:/bin',
    });
  });

  it('names fd 3 for the JSON log only', () => {
    expect(environmentOf(settings, 'json', withUdev, {}).LVM_REPORT_FD).toBe('3');
    expect(environmentOf(settings, 'none', withUdev, {})).not.toHaveProperty('LVM_REPORT_FD');
  });

  it.each(['absent', 'dead', 'foreign'] as const)('does without udev where it is %s', (udev) => {
    expect(environmentOf(settings, 'json', { udev, lvmpolld: false }, {}).DM_DISABLE_UDEV).toBe('1');
  });

  it('has what the instance adds, which wins over what was inherited', () => {
    const environment = { LVM_SYSTEM_DIR: '/etc/other', PATH: '/opt/lvm', HOME: '/tmp' };
    const found = environmentOf({ ...settings, environment }, 'json', withUdev, { HOME: '/root' });
    expect(found).toMatchObject(environment);
  });

  it.each(['LC_ALL', 'LVM_REPORT_FD', 'LVM_OUT_FD', 'LVM_ERR_FD', 'LVM_COMMAND_PROFILE'])(
    'refuses %s from the instance: its answers come by that',
    (name) => {
      const environment = { [name]: '1' };
      expect(() => environmentOf({ ...settings, environment }, 'json', withUdev, {})).toThrow(
        expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(name) }),
      );
    },
  );

  it('looks for programs in the system directories first, then on the PATH, never in a relative one', () => {
    const { PATH } = environmentOf(settings, 'json', withUdev, { PATH: '.:/opt/bin::/usr/bin:sbin' });
    expect(PATH).toBe('/usr/sbin:/sbin:/usr/bin:/bin:/opt/bin');
  });

  it('never has an inherited LVM_ or DM_ variable, whatever is inherited', () => {
    const name = fc.tuple(fc.constantFrom('LVM_', 'DM_', 'X'), fc.string()).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.dictionary(name, fc.string()), (inherited) => {
        const found = Object.keys(environmentOf(settings, 'json', withUdev, inherited));
        expect(found.filter((key) => /^(?:LVM|DM)_/.test(key)).toSorted()).toEqual([
          'LVM_REPORT_FD',
          'LVM_SUPPRESS_FD_WARNINGS',
        ]);
      }),
    );
  });
});

describe('the configuration of a command', () => {
  it('asks for the whole command log as JSON, in the columns that are read', () => {
    const config = configurationOf(settings, 'json', withUdev);
    expect(config).toContain('report_command_log=1');
    expect(config).toContain('command_log_selection="all"');
    expect(config).toContain('output_format="json"');
    expect(config).toContain('prefix=""');
  });

  it('leaves plain text plain', () => {
    const paths = configPaths(configurationOf(settings, 'none', withUdev));
    expect(paths.filter((path) => path.startsWith('report'))).toEqual([]);
    expect(paths).not.toContain('log/report_command_log');
  });

  it('switches udev off where it is not reachable, and leaves it as configured where it is', () => {
    expect(configurationOf(settings, 'json', without)).toContain('activation/udev_sync=0');
    expect(configurationOf(settings, 'json', without)).toContain('activation/udev_rules=0');
    expect(configurationOf(settings, 'json', withUdev)).not.toContain('udev');
  });

  it('uses lvmpolld only where it answers', () => {
    expect(configurationOf(settings, 'json', { ...without, lvmpolld: true })).toContain(
      'global/use_lvmpolld=1',
    );
    expect(configurationOf(settings, 'json', without)).toContain('global/use_lvmpolld=0');
  });

  it("leaves out what the instance's own config decides", () => {
    const config = 'activation { polling_interval=5 udev_sync = 1 } global/use_lvmpolld=1';
    const whole = configurationOf({ ...settings, config }, 'json', without);
    expect(whole).not.toContain('polling_interval=1');
    expect(whole).not.toContain('udev_sync=0');
    expect(whole).not.toContain('use_lvmpolld=0');
    expect(whole).toContain('udev_rules=0');
  });

  it.each(ownSettings)('refuses a config that sets %s, however it is written', (path) => {
    const [section = '', key = ''] = path.split('/');
    for (const config of [
      `${path}=1`,
      `${section}{${key}=1}`,
      `"${section}" { '${key}' = "x" }`,
      `a{b=1}\n${section} { # }\n a="}" ${key}=[] }`,
      `/${section}//${key}=1`,
    ])
      expect(() => configurationOf({ ...settings, config }, 'json', withUdev)).toThrow(
        expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(path) }),
      );
  });

  it.each([
    ...[
      'a="x',
      "a='x",
      'a {',
      'a { b=1',
      'a }',
      '}',
      'a',
      'a=',
      'a=[',
      'a=["x"',
      'a=[x]',
      'a=["x" "y"]',
      'a={}',
    ],
    ...['=1', '{}', 'a="x\\"', 'a=[[1]]', 'a=1,2', 'a=x"y"', 'a=[1,,2]', 'a=1\0'],
  ])('refuses %j, which is not whole', (config) => {
    expect(() => configurationOf({ ...settings, config }, 'json', withUdev)).toThrow(TypeError);
  });

  it('takes the ways in which lvm.conf is written', () => {
    const config = `
# a comment with "quotes' and { braces
devices {
  filter = [ "a|^/dev/sd[ab]$|", 'r|.*|' ] # trailing
  scan=["/dev"]
  issue_discards = 0
}
activation/thin_pool_autoextend_threshold=70
allocation { raid_stripe_all_devices=1 nested { deep = -1.5 } }`;
    expect(configPaths(config)).toEqual([
      ...['devices', 'devices/filter', 'devices/scan', 'devices/issue_discards'],
      ...['activation/thin_pool_autoextend_threshold', 'allocation'],
      ...['allocation/raid_stripe_all_devices', 'allocation/nested', 'allocation/nested/deep'],
    ]);
  });

  it('says the same before ours as alone, whatever is accepted: nothing of ours is swallowed', () => {
    const text = fc
      .array(
        fc.constantFrom(
          ...['{', '}', '[', ']', '=', ',', '"', "'", '\\', '#', '\n', ' ', 'a', 'log', 'prefix', '1'],
        ),
        { maxLength: 14 },
      )
      .map((parts) => parts.join(''));
    const alone = configPaths(configurationOf(settings, 'json', without));
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(text, sections), (config) => {
        let paths: readonly string[];
        try {
          paths = configPaths(configurationOf({ ...settings, config }, 'json', without));
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        accepted++;
        expect(paths.slice(-alone.length)).toEqual(alone);
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });
});

describe('the options in front of all others', () => {
  it('are one --config, and devices and profile where the instance has them', () => {
    expect(globalArguments(settings, 'json', withUdev).filter((word) => word.startsWith('--'))).toEqual([
      '--config',
    ]);
    const more = { devices: ['/dev/sda', '/dev/sdb'], devicesFile: 'lab', profile: 'quick' };
    expect(globalArguments({ ...settings, ...more }, 'json', withUdev).slice(2)).toEqual([
      ...['--devices', '/dev/sda,/dev/sdb', '--devicesfile', 'lab', '--commandprofile', 'quick'],
    ]);
  });
});

const word = fc.stringMatching(/^[a-z_]{1,6}$/);
const value = fc.oneof(
  fc.integer().map(String),
  fc.string().map((text) => `"${text.replaceAll(/["\\\0]/g, '\\"')}"`),
  fc.array(fc.nat(9)).map((list) => `[${list.join(', ')}]`),
);
const sections: fc.Arbitrary<string> = fc
  .array(fc.tuple(word, word, value, fc.constantFrom(' ', '\n', ' # x {"\n')))
  .map((all) =>
    all.map(([section, key, is, space]) => `${section} {${space}${key} = ${is}${space}}`).join('\n'),
  );
