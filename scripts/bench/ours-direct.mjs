// The monitor's way to a status as a contestant: bulk status on a control descriptor of our own, without libdevmapper.
// Follows the orders of rounds.h, and with "some" and "some-typed" those for a set of devices in one hop, as records
// and as the objects that users get.
import { createInterface } from 'node:readline';
import { toStatus } from '../../dist/device.js';
import { openSession } from '../../dist/native.js';

const session = openSession('direct');
const call = { query: 'status', timeout: 60_000 };
let numbers = [];

const asks = {
  all: () => session.all(call),
  some: () => session.some(call, numbers),
  'some-typed': async () => (await session.some(call, numbers)).map((raw) => toStatus(raw, {})),
  one: async (name) => [await session.one(call, { name })],
};

for await (const line of createInterface({ input: process.stdin })) {
  const [order, name] = line.split(' ');
  // What a monitor knows beforehand is not counted.
  if (order.startsWith('some') && numbers.length === 0)
    numbers = await session.all({ ...call, query: 'list' });
  const started = performance.now();
  const devices = await asks[order](name);
  const taken = performance.now() - started;
  console.log(`${Math.round(taken * 1e6)} ${devices.length} ${bytesOf(devices)}`);
}
session.close();

function bytesOf(devices) {
  let bytes = 0;
  for (const { error, failure, segments } of devices) {
    if (error || failure) throw new Error('a device gave no status');
    for (const { params, status } of segments) bytes += Buffer.byteLength(params ?? status.params);
  }
  return bytes;
}
