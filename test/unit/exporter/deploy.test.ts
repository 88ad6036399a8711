import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { exporterOptions, withExporterFlags } from '../../../lib/cli/exporter-flags.ts';
import { defaultAddress } from '../../../lib/exporter/exporter-options.ts';
import { allFamilies } from '../../../lib/exporter/index.ts';
import { expressionsOf, namesIn, readDashboard, substitute } from '../../deploy/dashboard.ts';

const execute = promisify(execFile);
const deploy = fileURLToPath(new URL('../../../deploy/', import.meta.url));
const textOf = (name: string): string => readFileSync(join(deploy, name), 'utf8');
const rulesFile = join(deploy, 'prometheus/devmapper.rules.yml');
const testFiles = readdirSync(join(deploy, 'prometheus/tests'));

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
const { groups } = parse(textOf('prometheus/devmapper.rules.yml')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const families = new Map(allFamilies.map((family) => [family.name, family]));
const dashboard = readDashboard();

// Prometheus' own, and what the rules record.
const others = new Set(['up', 'ALERTS', ...rules.flatMap(({ record = [] }) => record)]);

describe('the rules for Prometheus', () => {
  it('are well by promtool', async () => {
    const { stdout, stderr } = await execute('promtool', ['check', 'rules', rulesFile]);
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
    expect(stderr).toBe('');
  });

  it.each(testFiles)(
    'do what %s promises',
    async (name) => {
      const { stdout } = await execute('promtool', ['test', 'rules', join(deploy, 'prometheus/tests', name)]);
      expect(stdout).toContain('SUCCESS');
    },
    60_000,
  );

  it('are each promised something, with every severity they have', () => {
    const promised = testFiles.map((name) => textOf(`prometheus/tests/${name}`)).join('\n');
    for (const { alert, record, labels } of rules) {
      if (record !== undefined) expect(promised).toMatch(new RegExp(`${record}\\{|device:\\.\\*:seconds`));
      else {
        const wanted = [`alertname="${alert}"`, `severity="${labels?.severity}"`];
        const lines = promised.split('\n').filter((line) => wanted.every((part) => line.includes(part)));
        expect(lines, `${alert} ${labels?.severity}`).not.toEqual([]);
      }
    }
  });

  it('are each fired by a real fault in a test with a kernel, but for those that none can be made for', () => {
    const kernel = fileURLToPath(new URL('../../kernel/', import.meta.url));
    const tests = readdirSync(kernel).filter((name) => name.startsWith('exporter-prometheus-'));
    const text = tests.map((name) => readFileSync(join(kernel, name), 'utf8')).join('\n');
    const fired = new Set([...text.matchAll(/\.fires\('(\w+)'/g)].map(([, name = '']) => name));
    const others = rules.flatMap(({ alert = '' }) => (alert === '' || fired.has(alert) ? [] : [alert]));
    expect([...new Set(others)].sort()).toEqual([
      // Linux 6.1 makes a write to an array whose journal has died wait for ever.
      'DmRaidJournalDead',
      // All that this kernel says is understood.
      'DmStatusNotUnderstood',
      // Linux has VDO from 6.9 on.
      'DmVdoFilling',
      'DmVdoNotWritable',
      // Takes 20 minutes.
      'LvmReportOld',
    ]);
  });

  it('have one of three severities and words for people', () => {
    for (const { alert, labels, annotations } of rules.filter((rule) => rule.alert !== undefined)) {
      expect(['info', 'warning', 'critical'], alert).toContain(labels?.severity);
      expect(Object.keys(annotations ?? {}).sort(), alert).toEqual(['description', 'summary']);
    }
  });

  it('name metrics that are exported, by labels and states that they have', () => {
    for (const { alert, record, expr } of rules) checkNames(expr, String(alert ?? record));
  });

  it('never alert on how much of a thin volume is mapped or how full a cache is', () => {
    for (const { alert, expr } of rules)
      if (alert !== undefined) expect(expr).not.toMatch(/dm_thin_mapped|dm_thin_highest|dm_cache_used/);
  });
});

describe('the dashboard', () => {
  const queries = expressionsOf(dashboard);

  it('asks only for metrics that are exported, by labels and states that they have', () => {
    expect(queries.length).toBeGreaterThan(15);
    for (const { title, expr } of queries) checkNames(expr, title);
  });

  it('has queries that Prometheus understands', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'devmapper-dashboard-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, 'queries.yml');
    const asRules = queries.map(({ expr }, index) => ({
      record: `query:${index}`,
      expr: substitute(expr, { instance: '.+', disk: 'sda|sdb' }),
    }));
    await writeFile(file, JSON.stringify({ groups: [{ name: 'queries', rules: asRules }] }));
    const { stdout } = await execute('promtool', ['check', 'rules', file]);
    expect(stdout).toContain(`SUCCESS: ${queries.length} rules found`);
  });

  it('has panels with ids and places of their own, and no query without the variables it names', () => {
    const { panels, templating } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken, title).not.toContain(`${x},${y}`);
          taken.add(`${x},${y}`);
        }
    }
    const variables = templating.list.map(({ name }) => name);
    for (const { title, expr } of queries)
      for (const [, name] of expr.matchAll(/\$\{?([a-zA-Z_]\w*)/g)) expect(variables, title).toContain(name);
  });

  it('answers its four questions', () => {
    const titles = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(titles).toEqual([
      'At a glance',
      'What fills first',
      'What is not redundant now',
      'What is rebuilding, and until when',
      'What does losing this disk affect: $disk',
    ]);
  });
});

describe('the unit for systemd', () => {
  const unit = textOf('systemd/devmapper-exporter.service');
  const settings = (name: string): readonly string[] =>
    [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);

  it('starts the exporter with flags that it has', () => {
    const [command = ''] = settings('ExecStart');
    const [, program, subcommand, ...flags] = command.split(' ');
    expect([program, subcommand, flags.at(-1)]).toEqual(['devmapper', 'exporter', '$ARGS']);
    const [extra = ''] = /ARGS="(.*?)"/.exec(textOf('systemd/lvm.conf'))?.slice(1) ?? [];
    const parser = withExporterFlags(new Command().exitOverride());
    parser.parse([...flags.slice(0, -1), extra], { from: 'user' });
    const options = exporterOptions(parser.opts());
    expect(options).toMatchObject({ systemdSocket: true, collectors: { lvm: true } });
  });

  it('listens where the exporter listens', () => {
    expect(textOf('systemd/devmapper-exporter.socket')).toContain(`\nListenStream=${defaultAddress}\n`);
  });

  it('leaves the process one capability, one device and no network', () => {
    expect(settings('CapabilityBoundingSet')).toEqual(['CAP_SYS_ADMIN']);
    expect(settings('AmbientCapabilities')).toEqual(['CAP_SYS_ADMIN']);
    expect(settings('DeviceAllow')).toEqual(['/dev/mapper/control rw']);
    expect(settings('DevicePolicy')).toEqual(['closed']);
    expect(settings('PrivateNetwork')).toEqual(['yes']);
  });

  it('permits what Node.js and device-mapper cannot do without', () => {
    expect(settings('MemoryDenyWriteExecute')).toEqual([]);
    expect(settings('PrivateUsers')).toEqual([]);
    expect(settings('PrivateDevices')).toEqual([]);
  });

  it('runs as the user that sysusers makes, whose group udev lets in', () => {
    const [user = ''] = settings('User');
    expect(textOf('systemd/devmapper-exporter.sysusers')).toMatch(new RegExp(`^u ${user} `, 'm'));
    expect(textOf('systemd/60-devmapper-exporter.rules')).toContain(`GROUP="${settings('Group')[0]}"`);
  });
});

describe('the table of names', () => {
  it('has for each of theirs only metrics that are exported', () => {
    const rows = textOf('compatibility.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(150);
    const theirs = rows.map((row) => row.split('|')[1]?.trim());
    expect(new Set(theirs).size).toBe(theirs.length);
    for (const row of rows) {
      const [, , ours = '', note = ''] = row.split('|');
      for (const [, name = ''] of `${ours} ${note}`.matchAll(/`((?:dm|lvm)_\w+)`/g))
        expect(families.has(name), name).toBe(true);
    }
  });
});

function checkNames(expr: string, where: string): void {
  for (const { name, labels } of namesIn(expr)) {
    if (others.has(name)) continue;
    const family = families.get(name);
    expect(family, `${where}: ${name}`).toBeDefined();
    for (const { label, values } of labels) {
      if (label === 'instance') continue;
      if (label === 'state') {
        for (const value of values) expect(family?.states, `${where}: ${name}`).toContain(value);
      } else expect(family?.labels, `${where}: ${name}`).toContain(label);
    }
  }
}
