// A living process with a monitor, for what it costs while nothing happens and while it reads. Orders, one a line:
//   idle MILLISECONDS                no monitor: what the process itself costs
//   watch INTERVAL MILLISECONDS      a monitor that looks every INTERVAL ms
//   delay KIND MILLISECONDS          the event loop's delay meanwhile; KIND is one of `readings`
// Each answer is a line of JSON. Of "idle" and "watch" it says what happened in MILLISECONDS after the first look:
// device-mapper ioctls of all threads, processor time and the time the event loop was busy, in microseconds.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { toStatus } from '../../dist/device.js';
import { DeviceMapper } from '../../dist/index.js';
import { openSession } from '../../dist/native.js';

// Until what the opening left behind has settled.
const settle = 600;

const orders = {
  idle: (milliseconds) => costOf(Number(milliseconds)),
  async watch(interval, milliseconds) {
    const dm = DeviceMapper.open();
    const before = ioctls();
    const started = performance.now();
    const monitor = dm.monitor({ interval: Number(interval), deadline: 60_000 });
    await monitor.ready;
    const firstLook = { ioctls: ioctls() - before, microseconds: microsecondsSince(started) };
    const live = [...monitor.current.values()].filter((device) => device.live).length;
    await sleep(settle);
    const cost = await costOf(Number(milliseconds));
    const devices = monitor.current.size;
    dm.close();
    return { ...cost, firstLook, devices, live, source: monitor.source };
  },
  async delay(kind, milliseconds) {
    const { read, close } = await readings[kind]();
    const { devices } = await read();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const until = performance.now() + Number(milliseconds);
    let reads = 0;
    delay.enable();
    if (kind === 'idle') await sleep(Number(milliseconds));
    else
      for (; performance.now() < until; reads += 1) {
        const seen = await read();
        if (seen.devices !== devices) throw new Error(`${seen.devices} devices instead of ${devices}`);
      }
    delay.disable();
    close();
    const { max } = delay;
    return { devices, reads, p50: delay.percentile(50), p99: delay.percentile(99), max };
  },
};

const statusCall = { query: 'status', timeout: 60_000 };

/** Ways to read all devices. */
const readings = {
  idle: async () => ({ read: async () => ({ devices: 0 }), close: () => {} }),
  records: async () => {
    const session = openSession('direct');
    const numbers = await session.all({ ...statusCall, query: 'list' });
    const read = async () => ({ devices: (await session.some(statusCall, numbers)).length });
    return { read, close: session.close };
  },
  typed: async () => {
    const session = openSession('direct');
    const numbers = await session.all({ ...statusCall, query: 'list' });
    const typed = async () => (await session.some(statusCall, numbers)).map((raw) => toStatus(raw, {}));
    return { read: async () => ({ devices: (await typed()).length }), close: session.close };
  },
  status: async () => {
    const dm = DeviceMapper.open({ timeout: 60_000 });
    return { read: async () => ({ devices: (await dm.status()).length }), close: dm.close };
  },
  refresh: async () => {
    const dm = DeviceMapper.open();
    const monitor = dm.monitor({ interval: 60_000, deadline: 60_000 });
    await monitor.ready;
    return { read: async () => ({ devices: (await monitor.refresh()).size }), close: dm.close };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [order, ...rest] = line.split(' ');
  console.log(JSON.stringify(await orders[order](...rest)));
}

async function costOf(milliseconds) {
  const before = ioctls();
  const usage = process.cpuUsage();
  const utilization = performance.eventLoopUtilization();
  await sleep(milliseconds);
  const { active } = performance.eventLoopUtilization(utilization);
  const { user, system } = process.cpuUsage(usage);
  return { ioctls: ioctls() - before, processor: user + system, loop: active * 1000 };
}

function microsecondsSince(started) {
  return (performance.now() - started) * 1000;
}

// What ioctl-counter.c counts.
function ioctls() {
  return Number(readFileSync(process.env.BENCH_IOCTLS).readBigUInt64LE());
}
