import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DeviceMapper, summarize } from '../../lib/index.ts';
import { sameAsDmsetup, statusOf } from './support/compare.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { dmCreate, dmRemove } from './support/lab.ts';
import { until } from './support/moment.ts';

const dm = DeviceMapper.open();
const name = 'lab-metadata';
const mebibyte = 1024 * 1024;
let a: TestDisk;
let b: TestDisk;
let c: TestDisk;

beforeAll(async () => {
  a = await testDisk('metadata-a', 8);
  b = await testDisk('metadata-b', 8);
  c = await testDisk('metadata-c', 8);
});
afterAll(() => dm.close());
// Metadata of an earlier target is not for the next one.
beforeEach(() => write(c.path, 0, mebibyte, 0));

describe('writecache', () => {
  it('shows its blocks, and an error of its cache disk', async () => {
    await dmCreate(name, `0 8192 writecache s ${a.device} ${c.device} 4096 2 high_watermark 50`);
    await write(`/dev/mapper/${name}`, 0, 65_536);
    const { table } = await sameAsDmsetup(dm, name);
    expect(table).toMatchObject([{ type: 'writecache', blockBytes: 4096 }]);
    await c.fail();
    onTestFinished(c.heal);
    await write(`/dev/mapper/${name}`, 65_536, 65_536).catch(() => undefined);
    await dmsetup('message', name, '0', 'flush').catch(() => undefined);
    const failed = await sameAsDmsetup(dm, name);
    expect(failed.status.map(summarize)).toMatchObject([{ health: 'failed' }]);
    await dmRemove(name);
  });
});

describe('era', () => {
  it('shows its era and metadata', async () => {
    await dmCreate(name, `0 8192 era ${c.device} ${a.device} 64`);
    const first = await sameAsDmsetup(dm, name);
    expect(first.status).toMatchObject([{ type: 'era', state: 'ok', era: 1, heldRoot: null }]);
    await dmsetup('message', name, '0', 'checkpoint');
    await dmsetup('message', name, '0', 'take_metadata_snap');
    const next = await sameAsDmsetup(dm, name);
    expect(next.status).toMatchObject([{ era: expect.any(Number), heldRoot: expect.any(Number) }]);
    expect(next.table).toMatchObject([
      { metadataDevice: c.device, originDevice: a.device, blockSectors: 64 },
    ]);
    await dmsetup('message', name, '0', 'drop_metadata_snap');
    await dmRemove(name);
  });
});

describe('clone', () => {
  it('shows how much is hydrated, and that it does not hydrate until told', async () => {
    await dmCreate(name, `0 8192 clone ${c.device} ${b.device} ${a.device} 8 1 no_hydration`);
    const none = await sameAsDmsetup(dm, name);
    expect(none.status).toMatchObject([
      { type: 'clone', hydration: { used: 0, total: 1024, percent: '0.00' }, features: ['no_hydration'] },
    ]);
    await dmsetup('message', name, '0', 'enable_hydration');
    await until(
      () => statusOf(dm, name, 'clone'),
      (now) => now.state === 'ok' && now.hydration.ratio === 1,
    );
    const all = await sameAsDmsetup(dm, name);
    expect(all.status).toMatchObject([{ hydration: { used: 1024, percent: '100.00' }, mode: 'rw' }]);
    await dmRemove(name);
  });
});

describe('log-writes', () => {
  it('counts what it logs', async () => {
    await dmCreate(name, `0 8192 log-writes ${a.device} ${c.device}`);
    await write(`/dev/mapper/${name}`, 0, 16_384);
    await until(
      () => statusOf(dm, name, 'log-writes'),
      ({ loggedEntries }) => Number(loggedEntries) > 0,
    );
    await sameAsDmsetup(dm, name);
    await dmRemove(name);
  });
});
