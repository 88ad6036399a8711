// This package as a contestant: follows the orders of rounds.h, and with "all-sync" and "sync NAME" those for
// `statusSync`. Each answer says how many devices and bytes of parameters the typed objects really held.
import { createInterface } from 'node:readline';
import { DeviceMapper } from '../../dist/index.js';

const dm = DeviceMapper.open({ timeout: 60_000 });
let names = [];

const asks = {
  all: () => dm.status(),
  'all-sync': () => names.map((name) => dm.statusSync(name)),
  one: async (name) => [await dm.status(name)],
  sync: (name) => [dm.statusSync(name)],
};

for await (const line of createInterface({ input: process.stdin })) {
  const [order, name] = line.split(' ');
  // What a loop over names knows beforehand is not counted.
  if (order === 'all-sync' && names.length === 0) names = (await dm.status()).map((device) => device.name);
  const started = performance.now();
  const devices = await asks[order](name);
  const taken = performance.now() - started;
  console.log(`${Math.round(taken * 1e6)} ${devices.length} ${bytesOf(devices)}`);
}
dm.close();

function bytesOf(devices) {
  let bytes = 0;
  for (const { error, segments } of devices) {
    if (error !== null) throw error;
    for (const { status } of segments) bytes += Buffer.byteLength(status.params);
  }
  return bytes;
}
