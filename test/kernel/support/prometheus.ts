import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { later } from './lab.ts';
import { builtPackage } from './package.ts';

/** An alert as Prometheus' API tells it. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

/** A Prometheus that scrapes exporters and judges by the rules that are shipped. */
export interface Prometheus {
  /** Waits until an alert with these labels fires, and gives it. Throws an Error with all alerts after a minute. */
  fires(alertname: string, labels?: Alert['labels']): Promise<Alert>;
  /** Waits until no alert with these labels fires. */
  clears(alertname: string, labels?: Alert['labels']): Promise<void>;
  /** All alerts that fire now. */
  firing(): Promise<readonly Alert[]>;
  /** Waits until a query gives something: Prometheus has scraped what it asks for. */
  shows(expr: string): Promise<void>;
  /** The labels of the series that a query gives now. */
  query(expr: string): Promise<readonly Alert['labels'][]>;
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Runs `devmapper exporter` as a process of its own until it is stopped or the test file ends. `prefix` is a command to run it through. */
export async function startExporter(
  port: number,
  {
    prefix = [],
    flags = [],
  }: {
    readonly prefix?: readonly string[];
    readonly flags?: readonly string[];
  } = {},
): Promise<{ readonly stop: () => Promise<void> }> {
  const main = fileURLToPath(new URL('cli/main.js', builtPackage()));
  const address = `127.0.0.1:${port}`;
  const [command = '', ...args] = [
    ...[...prefix, process.execPath, main, 'exporter', '--web.listen-address', address],
    ...['--monitor.interval', '500', '--log.level', 'warn', ...flags],
  ];
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = later(() => ended(child));
  await answers(`http://${address}/-/ready`);
  return { stop };
}

/**
 * Starts Debian's Prometheus with the rules that are shipped, whose times of minutes alone (`for`, and how far they look
 * back) are made short, so that a test need not wait for them; it is stopped when the test file ends.
 */
export async function startPrometheus(ports: readonly number[]): Promise<Prometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'devmapper-prometheus-'));
  later(() => rm(directory, { recursive: true }));
  const rules = await readFile(
    new URL('../../../deploy/prometheus/devmapper.rules.yml', import.meta.url),
    'utf8',
  );
  const shortened = rules.replace(/^( +for:) \w+$/gm, '$1 3s').replaceAll('[5m]', '[10s]');
  await writeFile(join(directory, 'devmapper.rules.yml'), shortened);
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['devmapper.rules.yml'],
    scrape_configs: [
      {
        job_name: 'devmapper',
        scrape_interval: '2s',
        scrape_timeout: '2s',
        static_configs: [{ targets: ports.map((port) => `127.0.0.1:${port}`) }],
      },
    ],
  };
  await writeFile(join(directory, 'prometheus.yml'), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${directory}/prometheus.yml`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  later(() => ended(child));
  await answers(`http://${address}/-/ready`);

  const api = async (path: string): Promise<unknown> => {
    const response = await fetch(`http://${address}/api/v1/${path}`);
    const body = (await response.json()) as { readonly status: string; readonly data: unknown };
    if (body.status !== 'success') throw new Error(`${path}: ${JSON.stringify(body)}`);
    return body.data;
  };
  const firing = async (): Promise<readonly Alert[]> => {
    const { alerts } = (await api('alerts')) as { readonly alerts: readonly Alert[] };
    return alerts.filter(({ state }) => state === 'firing');
  };
  const query = async (expr: string): Promise<readonly Alert['labels'][]> => {
    const { result } = (await api(`query?query=${encodeURIComponent(expr)}`)) as {
      readonly result: readonly { readonly metric: Alert['labels'] }[];
    };
    return result.map(({ metric }) => metric);
  };
  const matching = async (alertname: string, labels: Alert['labels']): Promise<Alert | undefined> =>
    (await firing()).find((alert) =>
      Object.entries({ alertname, ...labels }).every(([name, value]) => alert.labels[name] === value),
    );
  const waitFor = async (what: string, ask: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + 120_000;
    while (!(await ask())) {
      if (Date.now() > deadline)
        throw new Error(`${what} not within two minutes; firing: ${JSON.stringify(await firing())}`);
      await sleep(300);
    }
  };
  return {
    async fires(alertname, labels = {}) {
      let found: Alert | undefined;
      await waitFor(`${alertname} ${JSON.stringify(labels)} has fired`, async () => {
        found = await matching(alertname, labels);
        return found !== undefined;
      });
      if (found === undefined) throw new Error(alertname);
      const words = Object.values(found.annotations).join('\n');
      if (words.includes('<error') || words.includes('<no value>')) throw new Error(words);
      fired.add(`${alertname} ${found.labels.severity}`);
      return found;
    },
    async clears(alertname, labels = {}) {
      await waitFor(
        `${alertname} ${JSON.stringify(labels)} has cleared`,
        async () => (await matching(alertname, labels)) === undefined,
      );
    },
    firing,
    async shows(expr) {
      await waitFor(`${expr} has shown`, async () => (await query(expr)).length > 0);
    },
    query,
  };
}

/** Every alert that has fired in this test file, with its severity. */
export const fired = new Set<string>();

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await closed;
  clearTimeout(timer);
}

async function answers(url: string): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const isReady = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    if (Date.now() > deadline) throw new Error(`${url} does not answer`);
    await sleep(200);
  }
}
