import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { later, run } from './lab.ts';

/** A file system that is mounted until the test file ends at the latest. */
export interface Mounted {
  readonly path: string;
  readonly unmount: () => Promise<void>;
}

/** Mounts a device on a directory of its own. */
export async function mounted(device: string, options: readonly string[] = []): Promise<Mounted> {
  const path = await mkdtemp(join(tmpdir(), 'devmapper-mount-'));
  later(() => rm(path, { recursive: true }));
  await run('mount', [...options, device, path]);
  const unmount = later(async () => {
    await run('umount', [path]);
  });
  return { path, unmount };
}

/** Writes some files of random bytes, from a byte to some MiB, to the disk too; their {@link sums}. */
export async function filled(directory: string): Promise<Readonly<Record<string, string>>> {
  for (const [index, size] of [1, 4096, 100_001, 5 * 1024 * 1024, 9 * 1024 * 1024].entries())
    await writeFile(join(directory, `file-${index}`), randomBytes(size));
  await run('sync', ['--file-system', directory]);
  return sums(directory);
}

/** The SHA-256 of each file in a directory, by its name, as read now. */
export async function sums(directory: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(directory, { withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
  const found = files.map(async (name) => {
    const content = await readFile(join(directory, name));
    return [name, createHash('sha256').update(content).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}
