import { expect, it } from 'vitest';
import {
  collectorNames,
  type Declared,
  familiesOf,
  measuredTargets,
  targetLabels,
} from '../../../lib/exporter/catalogue.ts';

it('docs/exporter.md is what the code says; "npx vitest run --project unit exporter/document -u" writes it anew', async () => {
  const sections = ['', ...collectorNames].flatMap((collector) => [
    collector === '' ? '### The exporter itself' : `### \`${collector}\``,
    '',
    ...(notes[collector] ?? []).flatMap((note) => [note, '']),
    ...tableOf(familiesOf(collector), measuredTargets.includes(collector) ? targetLabels : []),
    '',
  ]);
  await expect([introduction, ...sections].join('\n')).toMatchFileSnapshot('../../../docs/exporter.md');
});

function tableOf(families: readonly Declared[], common: readonly string[]): readonly string[] {
  const rows = families.map(({ name, type, labels, states, help }) => {
    const shown = labels
      .filter((label) => !common.includes(label) && (label !== 'state' || states.length === 0))
      .map((label) => `\`${label}\``);
    const state = states.length === 0 ? [] : [`\`state\`: ${states.map((each) => `\`${each}\``).join(' ')}`];
    return `| \`${name}\` | ${type} | ${[...shown, ...state].join(', ')} | ${help.replaceAll('|', '\\|')} |`;
  });
  return ['| Family | Type | Labels | |', '|---|---|---|---|', ...rows];
}

const notes: Readonly<Record<string, readonly string[]>> = {
  device: [
    'Of every device. Without `CAP_SYS_ADMIN` there is only what sysfs tells: info without `target`, size, `suspended`, backing.',
  ],
  'snapshot-merge': ['As `snapshot`, for the time in which it is merged into its origin.'],
  lvm: [
    'Opt-in. One `lvm fullreport --readonly`, which takes no lock, made in the background and kept for a minute: it never ' +
      'delays the other families. The names are those of prometheus-lvm-exporter, but for `lvm_vg_lvs`, `lvm_vg_pvs`, ' +
      '`lvm_vg_snapshots` and `lvm_vg_missing_pvs`: the ending `_count` is for histograms.',
  ],
};

const introduction = `# Exporter

<!-- Made from the code by test/unit/exporter/document.test.ts; do not edit. -->

\`\`\`js
import { registerMetrics } from 'devmapper/exporter';
import { register } from 'prom-client';

const { unregister } = registerMetrics(register);
console.log(await register.metrics());
unregister();
\`\`\`

- **A scrape costs what a poll costs.** One list and one status of each device, asked through the monitor; no process, no
  lock of LVM's, no read of a disk. Tables are read once, and again after an event, which every new table sends.
- **A device that hangs delays nothing.** It is \`dm_device_status_stale\`, its \`dm_device_status_age_seconds\` grows, and what
  else there is of it is as it was last known. A gathering ends at its deadline whatever happens.
- **Absent, not zero.** What the kernel does not say has no series: no block size yet, no bytes; no log that answers, no
  count of regions.
- **Pairs, not percentages.** \`dm_thin_pool_data_used_bytes / dm_thin_pool_data_size_bytes\` is a ratio, 0 to 1. Counts of the
  kernel that only grow are counters; a table that is loaded anew starts them again at 0.
- **One series a state.** \`dm_raid_sync_action{state="recover"} == 1\`. A word that a newer kernel adds is the state \`unknown\`.
- **Names.** \`device\` is the device-mapper name with its escapes resolved; \`vg\` and \`lv\` are there for volumes of LVM.
  \`dm_device_info\` has all else that a device is known by. \`segment\` is there only where one device has several such targets.
- **Inner layers** (images, logs, stores: what \`lvs\` hides) are left out unless their target tells something of its own, as
  the raid below a pool or a snapshot does. \`dm_device_backing_info\` looks through those that are left out.
- **Formats.** Text 0.0.4 and OpenMetrics 1.0 have the same series; a set of states is a gauge in both, as the label of
  OpenMetrics' own stateset would have another name in each family. The encoding is this package's own: prom-client's
  makes \`+Inf\` of a bigint, and takes several times as long. Through a registry of prom-client values beyond 2^53 are rounded.

## Families

Each section is a collector that can be switched on and off. The families of targets have the labels \`device\`, \`vg\`, \`lv\` and
\`segment\` besides those that are named here.
`;
