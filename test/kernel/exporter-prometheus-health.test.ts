import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createExporter } from '../../lib/exporter/server.ts';
import { Lvm } from '../../lib/lvm/index.ts';
import { readDirect, testDisk, write } from './support/disks.ts';
import { dmsetup, replaceTable } from './support/dmsetup.ts';
import { dmCreate, dmRemove, later, loopDisk } from './support/lab.ts';
import { until } from './support/moment.ts';
import { fired, freePort, type Prometheus, startExporter, startPrometheus } from './support/prometheus.ts';
import { makeThinPool } from './support/thin.ts';

let prometheus: Prometheus;
let port: number;
let otherPort: number;

beforeAll(async () => {
  port = await freePort();
  otherPort = await freePort();
  await startExporter(port, { flags: ['--collector.lvm', '--collector.lvm.max-age', '2000'] });
  prometheus = await startPrometheus([port, otherPort]);
});
afterAll(() => console.info(`fired: ${[...fired].sort().join(', ')}`));

describe('what the exporter answers', () => {
  it('leaves promtool check metrics nothing to say', async () => {
    const body = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(body).toContain('dm_up 1');
    const child = execFile('promtool', ['check', 'metrics']);
    child.stdin?.end(body);
    const [out, err] = await Promise.all(
      [child.stdout, child.stderr].map((stream) => stream && text(stream)),
    );
    expect([out, err]).toEqual(['', '']);
  });
});

describe('an exporter', () => {
  it('that may not ask device-mapper, and then does not answer at all, is told until it does', async () => {
    const instance = `127.0.0.1:${otherPort}`;
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
    const refused = await startExporter(otherPort, { prefix: nobody });
    await prometheus.fires('DmDown', { instance });
    await refused.stop();
    const down = await prometheus.fires('DmExporterDown', { instance });
    expect(down.annotations.summary).toBe(`devmapper exporter on ${instance} does not answer`);
    await prometheus.clears('DmDown', { instance });
    const allowed = await startExporter(otherPort);
    await prometheus.clears('DmExporterDown', { instance });
    await prometheus.clears('DmDown', { instance });
    await allowed.stop();
  });

  it('of which a collector fails is told, until it succeeds again', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'devmapper-lvm-'));
    later(() => rm(directory, { recursive: true }));
    const lvm = join(directory, 'lvm');
    const script = (line: string) => writeFile(lvm, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    await script('exit 5');
    const exporter = createExporter({
      listenAddresses: [`127.0.0.1:${otherPort}`],
      collectors: { lvm: true },
      lvm: Lvm.open({ binary: lvm }),
      lvmMaxAge: 1000,
    });
    onTestFinished(() => exporter.close());
    await exporter.listen();
    await prometheus.fires('DmCollectorFailing', { collector: 'lvm', instance: `127.0.0.1:${otherPort}` });
    await script('exec /sbin/lvm "$@"');
    await prometheus.clears('DmCollectorFailing', { collector: 'lvm' });
  });
});

describe('a device', () => {
  it('that hangs is told to be stale, and the suspended one below it, until they answer', async () => {
    const metadata = await testDisk('promhang-meta', 4);
    await makeThinPool('promhang', metadata, await testDisk('promhang-data', 32));
    await prometheus.shows('dm_device_status_stale{device="promhang-pool"} == 0');
    await dmsetup('suspend', '--nolockfs', metadata.name);
    const writer = write('/dev/mapper/promhang-thin', 65_536, 4096);
    await prometheus.fires('DmStatusStale', { device: 'promhang-pool' });
    await prometheus.fires('DmDeviceSuspended', { device: metadata.name });
    // The scrapes are on time nevertheless.
    expect(await prometheus.query('up == 1')).toHaveLength(1);
    await dmsetup('resume', metadata.name);
    await writer;
    await prometheus.clears('DmStatusStale', { device: 'promhang-pool' });
    await prometheus.clears('DmDeviceSuspended', { device: metadata.name });
  });

  it('without a table is told, until it is gone', async () => {
    await dmsetup('create', 'promempty', '--notable');
    later(() => dmRemove('promempty').catch(() => undefined));
    await prometheus.fires('DmDeviceTableMissing', { device: 'promempty' });
    await dmRemove('promempty');
    await prometheus.clears('DmDeviceTableMissing', { device: 'promempty' });
  });
});

describe('a cache', () => {
  it('whose dirty data stays is told, until it is written back', async () => {
    const [metadata, fast, slow] = [await loopDisk(4), await loopDisk(8), await loopDisk(16)];
    const table = `0 32768 cache ${metadata.device} ${fast.device} ${slow.device} 64 1 writeback smq 2 migration_threshold`;
    await dmCreate('promcache-before', `${table} 2048`);
    const dirty = async (): Promise<number> =>
      Number((await dmsetup('status', 'promcache-before')).trim().split(/\s+/)[13]);
    const rewrite = async (): Promise<number> => {
      for (let block = 0; block < 12; block++)
        await write('/dev/mapper/promcache-before', block * 32_768, 32_768);
      return dirty();
    };
    // The policy takes a block in when it is written to again and again.
    await until(rewrite, (count) => count > 0, 60);
    await dmsetup('message', 'promcache-before', '0', 'migration_threshold 0');
    // What the policy had queued by then is written back still.
    await until(
      async () => {
        const before = await rewrite();
        await sleep(1000);
        return Math.min(before, await dirty());
      },
      (count) => count > 0,
      60,
    );
    // Under a new name, as Prometheus has seen it change under the old one.
    await dmsetup('rename', 'promcache-before', 'promcache');
    later(() => dmRemove('promcache').catch(() => undefined));
    await prometheus.fires('DmCacheWritebackDirtyStuck', { device: 'promcache' });
    await dmsetup('message', 'promcache', '0', 'migration_threshold 2048');
    await replaceTable('promcache', table.replace('smq 2 migration_threshold', 'cleaner 0'));
    await prometheus.clears('DmCacheWritebackDirtyStuck', { device: 'promcache' });
    await dmRemove('promcache');
  });

  it('whose metadata cannot be written is told, until it is gone', async () => {
    const metadata = await testDisk('promcache-meta', 4);
    const [fast, slow] = [await loopDisk(8), await loopDisk(16)];
    const table = `cache ${metadata.device} ${fast.device} ${slow.device} 64 1 writethrough smq 0`;
    await dmCreate('promcache-ro', `0 32768 ${table}`);
    const { backing } = metadata;
    await replaceTable(metadata.name, `0 8192 flakey ${backing.device} 2048 0 3600 1 error_writes`);
    await until(
      async () => {
        for (let block = 0; block < 12; block++)
          await write('/dev/mapper/promcache-ro', block * 32_768, 32_768).catch(() => undefined);
        return dmsetup('status', 'promcache-ro');
      },
      (line) => / ro | Fail| needs_check/.test(line),
      60,
    );
    await prometheus.fires('DmCacheNotWritable', { device: 'promcache-ro' });
    await metadata.heal();
    await dmRemove('promcache-ro');
    await prometheus.clears('DmCacheNotWritable', { device: 'promcache-ro' });
  });

  it('of dm-writecache whose disk has failed is told, until it is gone', async () => {
    const [slow, fast] = [await loopDisk(8), await testDisk('promwc-fast', 8)];
    const device = 'promwc';
    await dmCreate(device, `0 8192 writecache s ${slow.device} ${fast.device} 4096 2 high_watermark 50`);
    await write(`/dev/mapper/${device}`, 0, 65_536);
    await fast.fail();
    await write(`/dev/mapper/${device}`, 65_536, 65_536).catch(() => undefined);
    await dmsetup('message', device, '0', 'flush').catch(() => undefined);
    await prometheus.fires('DmWritecacheFailed', { device });
    await fast.heal();
    await dmRemove(device);
    await prometheus.clears('DmWritecacheFailed', { device });
  });
});

describe('a clone', () => {
  it('whose metadata cannot be written is told, until it is gone', async () => {
    const [metadata, to, from] = [await testDisk('promclone-meta', 8), await loopDisk(8), await loopDisk(8)];
    const device = 'promclone';
    await dmCreate(device, `0 8192 clone ${metadata.device} ${to.device} ${from.device} 8 1 no_hydration`);
    await metadata.fail();
    await write(`/dev/mapper/${device}`, 0, 4096).catch(() => undefined);
    await dmsetup('message', device, '0', 'enable_hydration').catch(() => undefined);
    await prometheus.fires('DmCloneNotWritable', { device });
    await metadata.heal();
    await dmRemove(device);
    await prometheus.clears('DmCloneNotWritable', { device });
  });
});

describe('data that is not what was written', () => {
  it('is told of an integrity device', async () => {
    const disk = await loopDisk(32);
    await write(disk.path, 0, 65_536, 0);
    const table = `integrity ${disk.device} 0 - D 1 internal_hash:crc32c`;
    // dm-integrity formats what starts with zeros; only a device of one sector fits before its size is known.
    await dmCreate('promintegrity', `0 1 ${table}`);
    const provided = (await dmsetup('status', 'promintegrity')).trim().split(' ')[4];
    await dmRemove('promintegrity');
    // What was never written has no checksum yet, and whoever scans disks, such as lvm, would meet mismatches there.
    await dmCreate('promintegrity', `0 ${provided} ${table}`);
    await write('/dev/mapper/promintegrity', 0, Number(provided) * 512, 0x11);
    await dmRemove('promintegrity');
    await dmCreate('promintegrity', `0 ${provided} ${table}`);
    await prometheus.shows('dm_integrity_mismatches_total{device="promintegrity"} == 0');
    expect((await prometheus.firing()).map(({ labels }) => labels.alertname)).not.toContain(
      'DmIntegrityMismatch',
    );
    // The data lies behind the superblock and the checksums: all of the disk is looked through for it.
    const file = await open(disk.path, 'r+');
    const content = Buffer.alloc(32 * 1024 * 1024);
    await file.read(content, 0, content.length, 0);
    const place = content.indexOf(Buffer.alloc(4096, 0x11));
    await file.write(Buffer.alloc(4096, 0x12), 0, 4096, place);
    await file.sync();
    await file.close();
    await expect(readDirect('/dev/mapper/promintegrity', 0, 16)).rejects.toThrow();
    await prometheus.fires('DmIntegrityMismatch', { device: 'promintegrity' });
    await dmRemove('promintegrity');
  });

  it('is told of a verity device, until it is gone', async () => {
    const [data, hashes] = [await loopDisk(1), await loopDisk(1)];
    await write(data.path, 0, 65_536, 0x77);
    const digest = (of: Buffer): Buffer => createHash('sha256').update(of).digest();
    const level = Buffer.alloc(4096);
    for (let block = 0; block < 16; block++) digest(Buffer.alloc(4096, 0x77)).copy(level, block * 32);
    const file = await open(hashes.path, 'r+');
    await file.write(level, 0, 4096, 4096);
    await file.sync();
    await file.close();
    const root = digest(level).toString('hex');
    const table = `verity 1 ${data.device} ${hashes.device} 4096 4096 16 1 sha256 ${root} -`;
    await dmsetup('create', '--readonly', 'promverity', '--table', `0 128 ${table}`);
    later(() => dmRemove('promverity').catch(() => undefined));
    await readDirect('/dev/mapper/promverity', 0, 16);
    await write(data.path, 3 * 4096, 4096, 0x78);
    await expect(readDirect('/dev/mapper/promverity', 3)).rejects.toThrow();
    await prometheus.fires('DmVerityCorrupted', { device: 'promverity' });
    await dmRemove('promverity');
    await prometheus.clears('DmVerityCorrupted', { device: 'promverity' });
  });
});
