// This package as a contestant that waits for events; the orders are those of event-loop.c, "listen" as
//   listen records   a session's list of all devices after an event
//   listen changes   a monitor's change, which says what the event was
import { createInterface } from 'node:readline';
import { DeviceMapper } from '../../dist/index.js';
import { openSession } from '../../dist/native.js';

let seen = [];
let stop = () => {};

const listens = {
  records: () =>
    new Promise((ready) => {
      const session = openSession('direct');
      session.keepAlive(true);
      stop = () => session.close();
      let before;
      session.listen((devices) => {
        const at = process.hrtime.bigint();
        if (devices instanceof Error) throw devices;
        // One renaming may wake twice; it counts once, as in event-loop.c.
        const sum = devices.reduce((total, { eventNumber }) => total + eventNumber, 0);
        if (before !== undefined && sum !== before) seen.push(at);
        before = sum;
        ready();
      });
    }),
  changes: async () => {
    const dm = DeviceMapper.open();
    const monitor = dm.monitor({ keepAlive: true });
    stop = () => dm.close();
    await monitor.ready;
    monitor.on((change) => {
      const at = process.hrtime.bigint();
      if (change.kind !== 'device-renamed') throw new Error(`a change that nobody made: ${change.kind}`);
      seen.push(at);
    });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [order, kind] = line.split(' ');
  if (order === 'listen') {
    seen = [];
    await listens[kind]();
    console.log('ready');
  } else {
    stop();
    console.log(seen.join(' '));
  }
}
