import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DeviceQuery, openSession } from '../../lib/native.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmsetup } from './support/dmsetup.ts';
import { dmCreate, later, loopDisk, run } from './support/lab.ts';
import { richStack } from './support/rich-stack.ts';

const direct = openSession('direct');
const library = openSession({ library: undefined });
afterAll(() => {
  direct.close();
  library.close();
});

const timeout = 5000;
const queries: readonly DeviceQuery[] = ['status', 'table', 'info', 'dependencies'];

/** Asks directly, libdevmapper, and directly again, until our two answers are the same, and compares. */
async function expectSame<T>(ask: (session: typeof direct) => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const before = await ask(direct);
    const theirs = await ask(library);
    const after = await ask(direct);
    if (!isDeepStrictEqual(before, after)) continue;
    expect(after).toEqual(theirs);
    return after;
  }
  throw new Error('changed in each of 40 attempts');
}

const list = () => expectSame((session) => session.all({ query: 'list', timeout }));
const one = (query: DeviceQuery, name: string) =>
  expectSame((session) => session.one({ query, timeout }, { name }));

describe('asked directly, the kernel gives the same records as through libdevmapper', () => {
  const numbered = (count: number, line: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => line(index));
  let disk: TestDisk;

  beforeAll(async () => {
    await richStack('mc');
    disk = await testDisk('mc-disk', 32);
    const small = await loopDisk(16);
    await write(small.path, 0, 65_536, 0);
    const key = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'.repeat(2);
    await dmCreate('mc-crypt', `0 2048 crypt aes-xts-plain64 ${key} 0 ${disk.device} 8 1 allow_discards`);
    await dmCreate(
      'mc-integrity',
      `0 1 integrity ${small.device} 0 - D 1 internal_hash:hmac(sha256):5ec1e700aabbccdd`,
    );
    const paths = `round-robin 0 2 1 ${disk.device} 1 ${small.device} 1`;
    await dmCreate('mc-multipath', `0 8192 multipath 2 queue_mode bio 0 1 1 ${paths}`);
    await dmCreate('mc-striped', `0 4096 striped 2 128 ${disk.device} 0 ${disk.device} 4096`);
    await dmCreate('mc-error', '0 8 error');
    await dmCreate('mc-several', `0 8 zero\n8 16 error\n24 1024 linear ${disk.device} 0\n1048 8 zero`, {
      uuid: 'MC-several',
    });
    await dmCreate('mc-odd\\x20\\x2fname\\x20\\xc3\\xbc', '0 8 zero');
    await dmCreate('mc-suspended', '0 8 zero');
    await dmsetup('suspend', 'mc-suspended');
    later(async () => void (await dmsetup('resume', 'mc-suspended')));
    await dmCreate('mc-inactive', '0 8 zero');
    await dmsetup('load', 'mc-inactive', '--table', '0 16 zero');
    await run('dmsetup', ['create', 'mc-notable', '--notable', '--uuid', 'MC-notable']);
    later(async () => void (await dmsetup('remove', 'mc-notable')));
    await run('dmsetup', ['create', 'mc-readonly', '--readonly', '--table', '0 8 zero']);
    later(async () => void (await dmsetup('remove', 'mc-readonly')));
    await dmCreate('mc-renamed', '0 8 zero');
    await dmsetup('rename', 'mc-renamed', 'mc-events');
    later(async () => void (await dmsetup('remove', 'mc-events')));
    await dmCreate(
      'mc-long',
      numbered(800, (index) => `${index * 8} 8 linear ${disk.device} ${index * 8}`).join('\n'),
    );
    const many = numbered(300, (index) => `mc-many-${index}`);
    await dmsetup('create', '--concise', many.map((name) => `${name},,,rw,0 8 zero`).join(';'));
    later(async () => void (await dmsetup('remove', ...many)));
  });

  it('in the list, with uuids and event numbers', async () => {
    const devices = await list();
    expect(devices.length).toBeGreaterThan(330);
    const named = new Map(devices.map((device) => [device.name, device]));
    expect(named.get('mc-several')).toMatchObject({ uuid: 'MC-several' });
    expect(named.get('mc-notable')).toMatchObject({ uuid: 'MC-notable' });
    expect(named.get('mc-raid')?.uuid).toMatch(/^LVM-/);
    expect(named.get('mc-events')).toMatchObject({ uuid: '', eventNumber: 1 });
  });

  it.each(queries)('in the %s of every device, asked one by one', async (query) => {
    const devices = (await list()).filter(({ name }) => !name.startsWith('mc-many-'));
    expect(devices.length).toBeGreaterThan(30);
    const types = new Set<string>();
    for (const { name } of devices)
      for (const { target } of (await one(query, name)).segments) types.add(target);
    if (query === 'status' || query === 'table')
      expect([...types].sort()).toEqual(
        expect.arrayContaining([
          ...['cache', 'crypt', 'error', 'integrity', 'linear', 'mirror', 'multipath', 'raid', 'snapshot'],
          ...['snapshot-origin', 'striped', 'thin', 'thin-pool', 'zero'],
        ]),
      );
  });

  it.each(queries)('in the %s of all devices at once, and of a set of them', async (query) => {
    const all = await expectSame((session) => session.all({ query, timeout }));
    expect(all.map(({ failure }) => failure)).toEqual(all.map(() => null));
    const set = await expectSame((session) => session.some({ query, timeout }, all));
    expect(set).toEqual(all);
  });

  it('whose text is longer than a buffer of 16 KiB', async () => {
    const { segments } = await one('table', 'mc-long');
    expect(segments).toHaveLength(800);
    expect(
      segments.map(({ params }) => params.length + 40).reduce((sum, size) => sum + size),
    ).toBeGreaterThan(32_768);
    // The buffer, which has grown, leaves nothing of that in the answers that follow.
    expect((await one('table', 'mc-error')).segments).toEqual([
      { start: 0, length: 8, target: 'error', params: '' },
    ]);
  });

  it('in the state of a suspended, a read-only, a tableless one and one with an inactive table', async () => {
    expect(await one('status', 'mc-suspended')).toMatchObject({ suspended: true, liveTable: true });
    expect(await one('status', 'mc-readonly')).toMatchObject({ readOnly: true });
    expect(await one('status', 'mc-notable')).toMatchObject({ liveTable: false, segments: [] });
    expect(await one('status', 'mc-inactive')).toMatchObject({
      inactiveTable: true,
      segments: [{ length: 8 }],
    });
  });

  it('without the keys', async () => {
    for (const name of ['mc-crypt', 'mc-integrity']) {
      const text = JSON.stringify(await one('table', name));
      expect(text).toContain('00000000');
      expect(text).not.toMatch(/a1b2c3d4|5ec1e700aabbccdd/);
    }
  });

  it('of a device that is not there: none', async () => {
    for (const session of [direct, library])
      await expect(session.one({ query: 'status', timeout }, { name: 'mc-none' })).rejects.toMatchObject({
        reason: 'no-device',
        code: 'ENXIO',
      });
  });
});

describe('the descriptors of /dev/mapper/control', () => {
  beforeEach(() => direct.all({ query: 'list', timeout }));

  it('are closed in programs that are started', () => {
    const ours = readdirSync('/proc/self/fd').filter((number) => isControl(number));
    expect(ours.length).toBeGreaterThan(0);
    for (const number of ours) {
      const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, 'utf8'))?.[1] ?? '0';
      expect(Number.parseInt(flags, 8) & closeOnExec).toBe(closeOnExec);
    }
    expect(execFileSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' })).not.toContain('mapper/control');
  });
});

// O_CLOEXEC of asm-generic/fcntl.h.
const closeOnExec = 0o2000000;

function isControl(number: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${number}`) === '/dev/mapper/control';
  } catch {
    return false;
  }
}
