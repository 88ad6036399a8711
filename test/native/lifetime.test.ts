import { writeFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { fakeDeviceMapper } from './support/fake.ts';

const fake = fakeDeviceMapper();
afterAll(() => fake.remove());
beforeEach(() => writeFileSync(fake.hangFile, ''));

describe('a call that hangs', () => {
  it('rejects with ETIMEDOUT at its deadline, and the event loop runs on meanwhile', async () => {
    const result = await fake.run(
      `
      const dm = DeviceMapper.open({ library, timeout: 300 });
      let turns = 0;
      const timer = setInterval(() => turns++, 10);
      const started = performance.now();
      const error = await failure(dm.status('d0'));
      clearInterval(timer);
      report({ error, waited: performance.now() - started, turns });
      release();
      dm.close();
      `,
      { FAKE_HANG: 'd0' },
    );
    expect(result).toMatchObject({ error: { reason: 'timed-out', code: 'ETIMEDOUT', device: 'd0' } });
    const { waited, turns } = result as { waited: number; turns: number };
    expect(waited).toBeGreaterThanOrEqual(295);
    expect(waited).toBeLessThan(2000);
    expect(turns).toBeGreaterThan(10);
  });

  it('delays no call about another device', async () => {
    const result = await fake.run(
      `
      const dm = DeviceMapper.open({ library, timeout: 5000 });
      const hung = failure(dm.status('d0'));
      const started = performance.now();
      await dm.status('d1');
      const waited = performance.now() - started;
      const stuck = dm.stuckCalls;
      release();
      report({ waited, stuck, hung: await hung, after: dm.stuckCalls });
      dm.close();
      `,
      { FAKE_HANG: 'd0' },
    );
    expect(result).toMatchObject({ stuck: 1, hung: 'no error', after: 0 });
    expect((result as { waited: number }).waited).toBeLessThan(1000);
  });

  it('gives its place in the status of all an error, and the others their status', async () => {
    const answers = await fake.run(
      `
      const dm = DeviceMapper.open({ library, timeout: 400 });
      const all = await dm.status();
      report(all.map(({ name, error, segments }) => [name, error?.code ?? null, segments.length]));
      release();
      dm.close();
      `,
      { FAKE_HANG: 'd1,d3', FAKE_COUNT: '5' },
    );
    expect(answers).toEqual([
      ['d0', null, 1],
      ['d1', 'ETIMEDOUT', 0],
      ['d2', null, 1],
      ['d3', 'ETIMEDOUT', 0],
      ['d4', null, 1],
    ]);
  });

  it('is not repeated while it is under way: the device is asked again when it has returned', async () => {
    const result = await fake.run(
      `
      const dm = DeviceMapper.open({ library, timeout: 200 });
      const codes = [];
      for (let i = 0; i < 3; i++) codes.push((await failure(dm.status('d0'))).code);
      const late = dm.status('d0', { timeout: 5000 });
      release();
      report({ codes, stuck: dm.stuckCalls, late: (await late).name, fresh: (await dm.status('d0')).name });
      dm.close();
      `,
      { FAKE_HANG: 'd0' },
    );
    expect(result).toEqual({
      codes: ['ETIMEDOUT', 'ETIMEDOUT', 'ETIMEDOUT'],
      stuck: 1,
      late: 'd0',
      fresh: 'd0',
    });
  });

  it('however many hang, they occupy at most 64 threads, and what cannot hang is still answered', async () => {
    const names = Array.from({ length: 80 }, (_, index) => `d${index}`);
    const result = await fake.run(
      `
      const dm = DeviceMapper.open({ library, timeout: 3000 });
      const all = dm.status();
      await sleep(1500);
      const stuck = dm.stuckCalls;
      const threads = ownThreads();
      const info = (await dm.info('d99')).name;
      const listed = (await dm.devices()).length;
      const failed = (await all).filter(({ error }) => error).length;
      release();
      await sleep(50);
      const again = (await dm.status()).filter(({ error }) => error).length;
      report({ stuck, threads, info, listed, failed, again, after: dm.stuckCalls });
      dm.close();
      `,
      { FAKE_HANG: names.join(','), FAKE_COUNT: '100' },
    );
    // 64 that hang, the one that serves the others, the one that keeps the deadlines.
    expect(result).toEqual({
      stuck: 64,
      threads: 66,
      info: 'd99',
      listed: 100,
      failed: 100,
      again: 0,
      after: 0,
    });
  });

  it('beside a pool whose volumes all hang, the healthy devices behind them are answered in time', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `d${index}`);
    const result = await fake.run(
      `
      const dm = DeviceMapper.open({ library, timeout: 2000 });
      const all = await dm.status();
      report(all.filter(({ error }) => error).map(({ name }) => name));
      release();
      dm.close();
      `,
      { FAKE_HANG: names.join(','), FAKE_COUNT: '60' },
    );
    expect(result).toEqual(names);
  });

  it('a synchronous call that hangs throws ETIMEDOUT at its deadline', async () => {
    const result = await fake.run(
      `
      const dm = DeviceMapper.open({ library });
      const error = await failure((async () => dm.statusSync('d0', { timeout: 150 }))());
      release();
      report([error.code, dm.statusSync('d0').name]);
      dm.close();
      `,
      { FAKE_HANG: 'd0' },
    );
    expect(result).toEqual(['ETIMEDOUT', 'd0']);
  });
});

describe('an aborted call', () => {
  it('rejects with an AbortError at once, while the kernel still keeps it, and leaves the others alone', async () => {
    const result = await fake.run(
      `
      const dm = DeviceMapper.open({ library });
      const stop = new AbortController();
      const hung = failure(dm.status('d0', { signal: stop.signal }));
      const other = dm.status('d1');
      const started = performance.now();
      stop.abort('enough');
      const error = await hung;
      const waited = performance.now() - started;
      report({ error, waited, other: (await other).name });
      release();
      dm.close();
      `,
      { FAKE_HANG: 'd0' },
    );
    expect(result).toMatchObject({ error: { name: 'AbortError', code: 'ABORT_ERR' }, other: 'd1' });
    expect((result as { waited: number }).waited).toBeLessThan(100);
  });

  it('is never asked if its signal has fired before', async () => {
    const error = await fake.run(`
      const dm = DeviceMapper.open({ library });
      report(await failure(dm.status('d0', { signal: AbortSignal.abort() })));
      dm.close();
    `);
    expect(error).toMatchObject({ name: 'AbortError' });
  });

  it('shares one listener with all calls of its signal, and leaves none, however it ends', async () => {
    const result = await fake.run(`
      import { getEventListeners } from 'node:events';
      const dm = DeviceMapper.open({ library });
      const { signal } = new AbortController();
      const many = Array.from({ length: 50 }, () => dm.status('d0', { signal }));
      const meanwhile = getEventListeners(signal, 'abort').length;
      await Promise.all(many);
      for (let i = 0; i < 50; i++) await dm.status('d0', { signal });
      await failure(dm.status('gone', { signal }));
      report({ meanwhile, left: getEventListeners(signal, 'abort').length });
      dm.close();
    `);
    expect(result).toEqual({ meanwhile: 1, left: 0 });
  });
});

describe('a closed instance', () => {
  it('rejects what is pending and what comes, with reason closed, at once even if a call hangs', async () => {
    const result = await fake.run(
      `
      const dm = DeviceMapper.open({ library });
      const pending = [failure(dm.status('d0')), failure(dm.status())];
      await sleep(100);
      const started = performance.now();
      dm.close();
      dm.close();
      const waited = performance.now() - started;
      const reasons = (await Promise.all(pending)).map(({ reason }) => reason);
      report({ reasons, waited, later: (await failure(dm.status())).reason, sync: (await failure((async () => dm.statusSync('d1'))())).reason });
      release();
      `,
      { FAKE_HANG: 'd0' },
    );
    expect(result).toMatchObject({
      reasons: ['closed', 'closed'],
      later: 'closed',
      sync: 'closed',
    });
    expect((result as { waited: number }).waited).toBeLessThan(50);
  });

  it('is closed by "await using" and by garbage collection', async () => {
    const tasks = await fake.run(`
      const count = ownThreads;
      const before = count();
      await (async () => { const dm = DeviceMapper.open({ library }); await dm.status(); await dm[Symbol.asyncDispose](); })();
      await (async () => { const dm = DeviceMapper.open({ library }); await dm.status(); })();
      for (let i = 0; i < 50 && count() > before; i++) { await sleep(20); gc(); }
      report(count() - before);
    `);
    expect(tasks).toBe(0);
  });
});

describe('the end of a process', () => {
  it.each([
    ['opened and never asked', 'DeviceMapper.open({ library });'],
    ['asked and idle', 'const dm = DeviceMapper.open({ library }); await dm.status();'],
    [
      'process.exit with a call that hangs',
      'const dm = DeviceMapper.open({ library }); failure(dm.status("d0")); await sleep(20); setImmediate(() => process.exit(0));',
    ],
    [
      'process.exit in the middle of many calls',
      'const dm = DeviceMapper.open({ library }); for (let i = 0; i < 1000; i++) failure(dm.status("d1")); setImmediate(() => process.exit(0));',
    ],
    [
      'a timeout that is the last thing to happen',
      'const dm = DeviceMapper.open({ library, timeout: 100 }); failure(dm.status("d0"));',
    ],
  ])('%s: it ends by itself, with status 0', async (_name, source) => {
    const started = performance.now();
    await fake.run(`report(true);\n${source}`, { FAKE_HANG: 'd0' });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('waits for an answer that is still to come', async () => {
    expect(
      await fake.run(
        'const dm = DeviceMapper.open({ library }); dm.status("d1").then(({ name }) => report(name));',
      ),
    ).toBe('d1');
  });
});
