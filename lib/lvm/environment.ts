import { requireConfig } from './config.ts';
import type { Run, RunSettings } from './run.ts';
import type { Facilities } from './udev.ts';

type Log = Run['log'];
type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The environment of lvm: what this process has without LVM's and libdevmapper's variables, the locale's, and what
 * would run code in LVM's shell scripts (fsadm, lvm_import_vdo); then ours, then `settings.environment`. lvm(8).
 */
export function environmentOf(
  { environment }: RunSettings,
  log: Log,
  { udev }: Facilities,
  inherited: Variables,
): Readonly<Record<string, string>> {
  requireVariables(environment);
  const kept = Object.entries(inherited).flatMap(([name, value]) =>
    value === undefined || dropped.test(name) ? [] : [[name, value] as const],
  );
  return {
    ...Object.fromEntries(kept),
    PATH: searchPath(inherited.PATH),
    // Beside the configuration, for a dmeventd that lvm starts: it has only what it inherits.
    ...(udev === 'reachable' ? {} : { DM_DISABLE_UDEV: '1' }),
    LVM_SUPPRESS_FD_WARNINGS: '1',
    ...environment,
    LC_ALL: 'C',
    ...(log === 'json' ? { LVM_REPORT_FD: '3' } : {}),
  };
}

/**
 * The options that go right behind the subcommand: the one `--config`, then devices and profile. Throws a TypeError for
 * a `config` that is not whole or sets what lvm's answers are read by.
 */
export function globalArguments(settings: RunSettings, log: Log, facilities: Facilities): readonly string[] {
  const { devices, devicesFile, profile } = settings;
  return [
    ...['--config', configurationOf(settings, log, facilities)],
    ...(devices.length === 0 ? [] : ['--devices', devices.join(',')]),
    ...(devicesFile === undefined ? [] : ['--devicesfile', devicesFile]),
    ...(profile === undefined ? [] : ['--commandprofile', profile]),
  ];
}

/** The names of the settings that only this package makes, as `section/key`. */
export const ownSettings: readonly string[] = [
  ...['report/output_format', 'report/buffered', 'report/compact_output', 'report/compact_output_cols'],
  ...['report/columns_as_rows', 'report/time_format', 'report/list_item_separator'],
  ...['report/mark_hidden_devices', 'report/two_word_unknown_device'],
  ...['log/report_command_log', 'log/command_log_selection', 'log/command_log_cols', 'log/command_log_sort'],
  ...['log/prefix', 'log/command_names', 'log/indent', 'log/verbose', 'log/silent'],
];

const plainLog = 'log { prefix="" command_names=0 indent=0 verbose=0 silent=0 }';

// The default selection of lvm2 up to about 2.03.24 leaves a comma behind its last row, which is no JSON.
const jsonLog = `report {
  output_format="json" buffered=1 compact_output=0 compact_output_cols="" columns_as_rows=0
  time_format="%s" list_item_separator=";" mark_hidden_devices=1 two_word_unknown_device=0
}
log {
  report_command_log=1 command_log_selection="all" command_log_sort="log_seq_num"
  command_log_cols="log_seq_num,log_type,log_context,log_object_type,log_object_name,log_object_group,log_message,log_errno,log_ret_code"
}`;

/** All of the `--config` of a command: the instance's own settings, then ours, which come last and so win. */
export function configurationOf({ config }: RunSettings, log: Log, { udev, lvmpolld }: Facilities): string {
  const paths = requireConfig(config, ownSettings);
  const bypass = udev !== 'reachable';
  // Left out where the instance decides: lvm warns of a setting that is made twice.
  const defaults: readonly (readonly [string, string])[] = [
    ['global/use_lvmpolld', lvmpolld ? '1' : '0'],
    // lvm looks every 15 s otherwise.
    ['activation/polling_interval', '1'],
    ...(bypass ? withoutUdev : []),
  ];
  return [
    ...(config === '' ? [] : [config]),
    plainLog,
    ...(log === 'json' ? [jsonLog] : []),
    ...defaults.flatMap(([path, value]) => (paths.includes(path) ? [] : [`${path}=${value}`])),
  ].join('\n');
}

// With obtain_device_list_from_udev=1 (the default before lvm2 2.03.13) and no udevd, lvm finds no device at all.
const withoutUdev: readonly (readonly [string, string])[] = [
  ['activation/udev_sync', '0'],
  ['activation/udev_rules', '0'],
  ['devices/obtain_device_list_from_udev', '0'],
  ['devices/external_device_info_source', '"none"'],
];

const dropped =
  /^(?:LVM|DM|LC|FSADM)_|^(?:LANG|LANGUAGE|ENV|BASH_ENV|SHELLOPTS|BASHOPTS|CDPATH|IFS)$|^BASH_FUNC_/;

// Each would take away a channel that lvm's answers come by.
const ownVariables = ['LC_ALL', 'LVM_REPORT_FD', 'LVM_OUT_FD', 'LVM_ERR_FD', 'LVM_COMMAND_PROFILE'];

function requireVariables(environment: RunSettings['environment']): void {
  for (const name of ownVariables)
    if (Object.hasOwn(environment, name))
      throw Object.assign(new TypeError(`"environment" must leave out ${name}: it is set by this package`), {
        code: 'ERR_INVALID_ARG_VALUE',
      });
}

// Relative entries would make the directory a part of what is run.
function searchPath(inherited = ''): string {
  const more = inherited.split(':').filter((directory) => directory.startsWith('/'));
  return [...new Set(['/usr/sbin', '/sbin', '/usr/bin', '/bin', ...more])].join(':');
}
