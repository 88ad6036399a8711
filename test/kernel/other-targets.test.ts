import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceMapper, summarize, targetNames } from '../../lib/index.ts';
import { sameAsDmsetup, statusOf } from './support/compare.ts';
import { readDirect, type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { dmCreate, dmRemove } from './support/lab.ts';
import { until } from './support/moment.ts';
import { isOffered, targetsOffered } from './support/targets.ts';

const dm = DeviceMapper.open();
const name = 'lab-other';
let a: TestDisk;
let b: TestDisk;

beforeAll(async () => {
  a = await testDisk('other-a', 8);
  b = await testDisk('other-b', 8);
});
afterAll(() => dm.close());

describe('the kernel', () => {
  it('offers all targets of a 6.1 kernel and none that is not understood', async () => {
    const offered = [];
    for (const target of targetNames) if (await isOffered(target)) offered.push(target);
    const rare = ['ebs', 'zoned', 'vdo', 'pcache', 'inlinecrypt'];
    expect(offered).toEqual(expect.arrayContaining(targetNames.filter((target) => !rare.includes(target))));
    for (const { name: target } of await targetsOffered()) expect(targetNames).toContain(target);
  });
});

describe('targets without a status', () => {
  it.each([
    ['linear', () => `linear ${a.device} 8`, () => ({ device: a.device, start: 8 })],
    ['zero', () => 'zero', () => ({})],
    ['error', () => 'error', () => ({})],
    ['flakey', () => `flakey ${a.device} 0 5 1 1 drop_writes`, () => ({ features: ['drop_writes'] })],
    ['switch', () => `switch 2 8 0 ${a.device} 0 ${b.device} 0`, () => ({ paths: { length: 2 } })],
    ['unstriped', () => `unstriped 2 16 1 ${a.device} 0`, () => ({ device: a.device })],
  ])('%s answers as dmsetup does', async (type, parameters, decoded) => {
    await dmCreate(name, `0 2048 ${parameters()}`);
    const { status, table } = await sameAsDmsetup(dm, name);
    expect(status).toEqual([{ type, params: '' }]);
    expect(table).toMatchObject([{ type, ...decoded() }]);
    await dmRemove(name);
  });

  it('several in one device keep their order and place', async () => {
    const table = `0 2048 linear ${a.device} 0\n2048 1024 error\n3072 8 zero\n3080 4096 linear ${b.device} 8`;
    await dmCreate(name, table);
    const { table: lines } = await sameAsDmsetup(dm, name);
    expect(lines.map(({ type }) => type)).toEqual(['linear', 'error', 'zero', 'linear']);
    await dmRemove(name);
  });
});

describe('ebs', async () => {
  const offered = await isOffered('ebs');
  const why = offered ? '' : ' (skipped: this kernel offers no target ebs, CONFIG_DM_EBS)';
  it.skipIf(!offered)(`answers as dmsetup does${why}`, async () => {
    await dmCreate(name, `0 2048 ebs ${a.device} 0 1 8`);
    const { table } = await sameAsDmsetup(dm, name);
    expect(table).toMatchObject([{ type: 'ebs', device: a.device }]);
    await dmRemove(name);
  });
});

describe('striped', () => {
  it('shows the stripe that had an error', async () => {
    await dmCreate(name, `0 8192 striped 2 16 ${a.device} 0 ${b.device} 0`);
    const { status, table } = await sameAsDmsetup(dm, name);
    expect(status).toMatchObject([{ stripes: [{ health: 'alive' }, { health: 'alive' }] }]);
    expect(table).toMatchObject([{ type: 'striped', chunkSectors: 16 }]);
    await b.fail();
    await expect(readDirect(`/dev/mapper/${name}`, 2)).rejects.toThrow();
    await b.heal();
    const failed = await sameAsDmsetup(dm, name);
    expect(failed.status).toMatchObject([
      { stripes: [{ health: 'alive' }, { device: b.device, health: 'error' }] },
    ]);
    expect(failed.status.map(summarize)).not.toMatchObject([{ health: 'ok' }]);
    await dmRemove(name);
  });
});

describe('delay', () => {
  it.each([1, 2, 3])('with %d classes counts what it delays', async (classes) => {
    const each = [`${a.device} 0 0`, `${a.device} 0 2000`, `${a.device} 0 1`];
    await dmCreate(name, `0 8192 delay ${each.slice(0, classes).join(' ')}`);
    const { status, table } = await sameAsDmsetup(dm, name);
    expect(status).toMatchObject([{ type: 'delay', readOps: 0, writeOps: 0 }]);
    expect(table).toMatchObject([{ type: 'delay', read: { delayMs: 0 } }]);
    const writer = write(`/dev/mapper/${name}`, 0, 4096);
    if (classes > 1) {
      await until(
        () => statusOf(dm, name, 'delay'),
        ({ writeOps }) => writeOps === 1,
      );
      await sameAsDmsetup(dm, name);
    }
    await writer;
    await until(
      () => statusOf(dm, name, 'delay'),
      ({ writeOps }) => writeOps === 0,
    );
    await dmRemove(name);
  });
});

describe('dust', () => {
  it('shows whether it fails reads', async () => {
    await dmCreate(name, `0 2048 dust ${a.device} 0 512`);
    const bypass = await sameAsDmsetup(dm, name);
    expect(bypass.status).toMatchObject([{ type: 'dust', device: a.device, mode: 'bypass' }]);
    await dmsetup('message', name, '0', 'enable');
    await dmsetup('message', name, '0', 'quiet');
    const enabled = await sameAsDmsetup(dm, name);
    expect(enabled.status).toMatchObject([{ mode: 'fail_read_on_bad_block', verbosity: 'quiet' }]);
    await dmRemove(name);
  });
});

describe('targets that need a disk or a format of their own', async () => {
  const reasons = {
    zoned: 'needs a zoned disk',
    vdo: 'needs vdoformat and a volume of 5 GB',
    pcache: 'needs persistent memory',
  };
  for (const [target, reason] of Object.entries(reasons)) {
    const offered = await isOffered(target);
    it.skip(`${target} (skipped: ${offered ? reason : `this kernel offers no target ${target}`})`, () =>
      undefined);
  }
});
