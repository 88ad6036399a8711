import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './lab.ts';

/** Makes a volume with the lvm command itself, activated and wiped without a question. */
export async function made(...args: readonly string[]): Promise<void> {
  await run('lvcreate', ['--yes', ...args]);
}

/** What the kernel says of a volume, a target a line; `''` if it has no such device. */
export async function kernel(volume: string): Promise<string> {
  const name = volume.replaceAll('-', '--').replace('/', '-');
  return run('dmsetup', ['status', '--noflush', name]).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
}

/** Waits until the kernel's status of a volume matches. Throws an Error after half a minute. */
export async function until(volume: string, wanted: RegExp): Promise<void> {
  let status = '';
  for (let attempt = 0; attempt < 150; attempt++) {
    status = await kernel(volume);
    if (wanted.test(status)) return;
    await sleep(200);
  }
  throw new Error(`${volume} is "${status}", not ${wanted}`);
}

/** Keeps a volume open until the returned function is called. */
export async function hold(volume: string): Promise<() => Promise<void>> {
  const file = await open(`/dev/mapper/${volume.replaceAll('-', '--').replace('/', '-')}`, 'r');
  return () => file.close();
}

/** Removes all volumes of a group. */
export async function clear(vg: string): Promise<void> {
  await run('lvremove', ['--force', '--yes', vg]);
}
