import { afterAll, describe, expect, it } from 'vitest';
import { fakeDeviceMapper } from './support/fake.ts';

const fake = fakeDeviceMapper();
afterAll(() => fake.remove());

const errno = { EPERM: '1', ENXIO: '6', EACCES: '13', ENODEV: '19', ENOMEM: '12' };

describe('what is missing is told apart, with what to do about it', () => {
  it('a libdevmapper that is not there is reason no-library, and the message says what to install', async () => {
    const error = await fake.run(`
      const dm = DeviceMapper.open({ library: '/nowhere/libdevmapper.so' });
      report(await failure(dm.status()));
      dm.close();
    `);
    expect(error).toMatchObject({ name: 'DmError', reason: 'no-library', code: 'ERR_DM_NO_LIBRARY' });
    expect(error).toHaveProperty(
      'message',
      expect.stringMatching(/\/nowhere\/.*Install.*libdevmapper1\.02\.1/s),
    );
  });

  it('a library that lacks a symbol is reason no-library, and the message names the symbol', async () => {
    const error = await fake.run(`
      const dm = DeviceMapper.open({ library: 'libc.so.6' });
      report(await failure(dm.status()));
      dm.close();
    `);
    expect(error).toMatchObject({
      reason: 'no-library',
      message: expect.stringContaining('libc.so.6 has no dm_'),
    });
  });

  it.each(['ENODEV', 'ENXIO'] as const)(
    'a kernel without the driver (%s) is reason no-driver',
    async (code) => {
      const error = await fake.run(ask('status'), { FAKE_OPEN_ERRNO: errno[code] });
      expect(error).toMatchObject({
        reason: 'no-driver',
        code,
        message: expect.stringContaining('modprobe dm-mod'),
      });
    },
  );

  it.each([
    ['EACCES', 'FAKE_OPEN_ERRNO'],
    ['EPERM', 'FAKE_OPEN_ERRNO'],
    ['EACCES', 'FAKE_VERSION_ERRNO'],
    ['EPERM', 'FAKE_RUN_ERRNO'],
  ] as const)('missing privilege (%s by %s) is reason no-privilege', async (code, where) => {
    const error = await fake.run(ask('status'), { [where]: errno[code] });
    expect(error).toMatchObject({
      reason: 'no-privilege',
      code,
      message: expect.stringContaining('CAP_SYS_ADMIN'),
    });
  });

  it.each(['status', 'table', 'info', 'dependencies'])(
    'a device that is gone is ENXIO, reason no-device, for %s',
    async (method) => {
      const error = await fake.run(ask(method, 'gone'));
      expect(error).toMatchObject({ reason: 'no-device', code: 'ENXIO', operation: method, device: 'gone' });
    },
  );

  it('anything else keeps its errno and what the library logged', async () => {
    const error = await fake.run(ask('status', 'd0'), { FAKE_RUN_ERRNO: errno.ENOMEM });
    expect(error).toMatchObject({
      reason: 'other',
      code: 'ENOMEM',
      message: expect.stringContaining('ioctl on d0 failed'),
    });
  });

  it('a failed first contact is not remembered: the next call asks afresh', async () => {
    const codes = await fake.run(
      `
      const dm = DeviceMapper.open({ library });
      const first = await failure(dm.version());
      delete process.env.FAKE_OPEN_ERRNO;
      report([first.code, (await dm.version()).driver]);
      dm.close();
      `,
      { FAKE_OPEN_ERRNO: errno.ENODEV },
    );
    expect(codes).toEqual(['ENODEV', '4.47.0']);
  });

  it('devices() falls back to sysfs without privilege or without library, and for no other reason', async () => {
    const list = (library: string) => `
      const dm = DeviceMapper.open({ library: ${library} });
      report(await dm.devices().then((devices) => devices.map(({ source }) => source), ({ code }) => code));
      dm.close();
    `;
    expect(await fake.run(list('library'), { FAKE_OPEN_ERRNO: errno.EACCES })).toSatisfy(onlySysfs);
    expect(await fake.run(list('"/nowhere.so"'))).toSatisfy(onlySysfs);
    expect(await fake.run(list('library'), { FAKE_OPEN_ERRNO: errno.ENODEV })).toBe('ENODEV');
  });

  it('devices() is never a part of the list: one device that cannot be asked fails it', async () => {
    const code = await fake.run(
      'const dm = DeviceMapper.open({ library, timeout: 1 }); report((await failure(dm.devices())).code); dm.close();',
      {
        FAKE_COUNT: '50000',
      },
    );
    expect(code).toBe('ETIMEDOUT');
  });

  it('a process that may start no thread gets EAGAIN, and its next call asks afresh', async () => {
    const result = await fake.run(`
      const dm = DeviceMapper.open({ library });
      process.env.FAKE_NO_THREAD = '1';
      const refused = await failure(dm.status('d0'));
      delete process.env.FAKE_NO_THREAD;
      report([refused.code, (await dm.status('d0')).name]);
      dm.close();
    `);
    expect(result).toEqual(['EAGAIN', 'd0']);
  });
});

function ask(method: string, device?: string): string {
  const selector = device === undefined ? '' : JSON.stringify(device);
  return `
    const dm = DeviceMapper.open({ library });
    report(await failure(dm.${method}(${selector})));
    dm.close();
  `;
}

// The machine of the test may have devices of its own, or none.
function onlySysfs(sources: unknown): boolean {
  return Array.isArray(sources) && sources.every((source) => source === 'sysfs');
}
