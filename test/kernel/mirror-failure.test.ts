import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DeviceMapper, summarize } from '../../lib/index.ts';
import { sameAsDmsetup, statusOf } from './support/compare.ts';
import { readDirect, type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup, replaceTable } from './support/dmsetup.ts';
import { dmCreate, dmRemove } from './support/lab.ts';
import { until } from './support/moment.ts';

const dm = DeviceMapper.open();
const sectors = 16_384;
let first: TestDisk;
let second: TestDisk;
let log: TestDisk;

beforeAll(async () => {
  first = await testDisk('mirror-first', 8);
  second = await testDisk('mirror-second', 8);
  log = await testDisk('mirror-log', 8);
});
afterAll(() => dm.close());

const status = (name: string) => statusOf(dm, name, 'mirror');
const healthOf = async (name: string) => (await status(name)).legs.map(({ health }) => health);

function table(logWords: string, leg = first): string {
  return `0 ${sectors} mirror ${logWords} 2 ${leg.device} 0 ${second.device} 0 1 handle_errors`;
}

// dm-mirror holds back a write that failed until somebody loads another table or suspends it without flushing.
function writeInBackground(name: string): { readonly done: Promise<void> } {
  return { done: write(`/dev/mapper/${name}`, 0, 4096).catch(() => undefined) };
}

async function letGo(name: string, disk: TestDisk): Promise<void> {
  await disk.heal();
  await dmsetup('suspend', '--noflush', name);
  await dmsetup('resume', name);
}

describe('a mirror whose leg dies', () => {
  it('shows the leg as write-failed, is out of sync, and bumps the event counter', async () => {
    await dmCreate('mirror-leg', table(`disk 2 ${log.device} 1024`));
    await until(
      () => status('mirror-leg'),
      ({ sync }) => sync.ratio === 1,
    );
    const before = (await dm.info('mirror-leg')).eventNumber;
    await second.fail();
    const writer = writeInBackground('mirror-leg');
    onTestFinished(() => letGo('mirror-leg', second));

    await until(
      () => healthOf('mirror-leg'),
      (legs) => legs[1] !== 'alive',
    );
    const { status: now } = await sameAsDmsetup(dm, 'mirror-leg');
    expect(now).toMatchObject([
      {
        legs: [
          { device: first.device, health: 'alive' },
          { device: second.device, health: 'write-failed' },
        ],
      },
    ]);
    expect(now.map(summarize)).toMatchObject([
      { health: 'warning', text: 'degraded, leg 1 write failed, syncing' },
    ]);
    expect((await dm.info('mirror-leg')).eventNumber).not.toBe(before);

    await letGo('mirror-leg', second);
    await writer.done;
    // The kernel forgets the failure as soon as all regions are in sync again.
    const again = await until(
      () => status('mirror-leg'),
      ({ sync }) => sync.ratio === 1,
    );
    expect(again.legs.map(({ health }) => health)).toEqual(['alive', 'alive']);
  });

  it('shows a log that dies', async () => {
    await log.fail();
    const writer = writeInBackground('mirror-leg');
    await until(
      () => status('mirror-leg'),
      (now) => now.log.kind === 'disk' && now.log.health !== 'alive',
    );
    const { status: now } = await sameAsDmsetup(dm, 'mirror-leg');
    expect(now).toMatchObject([{ log: { kind: 'disk', device: log.device, health: 'failed' } }]);
    expect(now.map(summarize)).toMatchObject([{ health: 'warning', text: 'log failed' }]);
    await log.heal();
    await replaceTable('mirror-leg', table(`disk 2 ${log.device} 1024`));
    await writer.done;
    await until(
      () => status('mirror-leg'),
      (again) => again.log.kind === 'disk' && again.log.health === 'alive',
    );
    await dmRemove('mirror-leg');
  });
});

describe('a mirror that cannot copy to a leg', () => {
  it('shows that leg as sync-failed and nothing in sync', async () => {
    await second.fail();
    onTestFinished(second.heal);
    await dmCreate('mirror-sync', table('core 1 1024'));
    await until(
      () => healthOf('mirror-sync'),
      (legs) => legs[1] === 'sync-failed',
    );
    const { status: now } = await sameAsDmsetup(dm, 'mirror-sync');
    expect(now).toMatchObject([{ sync: { used: 0, total: 16, percent: '0.00' }, log: { kind: 'core' } }]);
    await dmRemove('mirror-sync');
  });
});

describe('a mirror that cannot read from a leg', () => {
  it('shows that leg as read-failed and reads from the other', async () => {
    await dmCreate('mirror-dust', `0 ${sectors} dust ${first.device} 0 512`);
    const { stdout } = {
      stdout: await dmsetup('info', '-c', '--noheadings', '-o', 'major,minor', 'mirror-dust'),
    };
    await dmsetup('message', 'mirror-dust', '0', 'addbadblock', '8');
    await dmsetup('message', 'mirror-dust', '0', 'enable');
    const dusty = { ...first, device: stdout.trim() };
    await dmCreate('mirror-read', table('core 2 1024 nosync', dusty));
    await readDirect('/dev/mapper/mirror-read', 0, 4);
    const { status: now } = await sameAsDmsetup(dm, 'mirror-read');
    expect(now).toMatchObject([{ legs: [{ health: 'read-failed' }, { health: 'alive' }] }]);
    await dmRemove('mirror-read');
    await dmRemove('mirror-dust');
  });
});

describe('a mirror all of whose legs die', () => {
  it('is failed', async () => {
    await dmCreate('mirror-dead', table('core 2 1024 nosync'));
    await first.fail();
    await second.fail();
    const writer = writeInBackground('mirror-dead');
    const now = await until(
      () => status('mirror-dead'),
      ({ legs }) => legs.every(({ health }) => health !== 'alive'),
    );
    expect(summarize(now)).toMatchObject({ health: 'failed' });
    await sameAsDmsetup(dm, 'mirror-dead');
    await first.heal();
    await letGo('mirror-dead', second);
    await writer.done;
    await dmRemove('mirror-dead');
  });
});
