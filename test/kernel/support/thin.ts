import { type TestDisk, write } from './disks.ts';
import { dmsetup } from './dmsetup.ts';
import { dmCreate } from './lab.ts';

/**
 * Makes a thin pool `<name>-pool` of two disks, blocks of 64 KiB, and in it a volume `<name>-thin` of 16 MiB with one
 * block written and committed.
 */
export async function makeThinPool(name: string, metadata: TestDisk, data: TestDisk): Promise<void> {
  await write(metadata.path, 0, 4096, 0);
  const size = (await dmsetup('table', data.name)).split(' ')[1];
  await dmCreate(
    `${name}-pool`,
    `0 ${size} thin-pool ${metadata.device} ${data.device} 128 0 1 error_if_no_space`,
  );
  await dmsetup('message', `${name}-pool`, '0', 'create_thin 0');
  await dmCreate(`${name}-thin`, `0 32768 thin /dev/mapper/${name}-pool 0`);
  await write(`/dev/mapper/${name}-thin`, 0, 4096);
}
