import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';

const execute = promisify(execFile);

/** A disk that exists for one test: a loop device on a file in memory. */
export interface LoopDisk {
  /** The device node, such as `/dev/loop0`. */
  readonly path: string;
  /** Its device number as tables name it, `major:minor`, such as `7:0`. */
  readonly device: string;
  /** Takes the disk away before the end of the test file; harmless if done twice. */
  readonly remove: () => Promise<void>;
}

/** What a command wrote, as text. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

const undo: (() => Promise<void>)[] = [];

afterAll(async () => {
  const errors: unknown[] = [];
  for (const step of undo.splice(0).reverse()) await step().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('\n'));
});

/** Has a step done when the test file ends; the last one named is done first. The returned function does it now. */
export function later(step: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  const once = (): Promise<void> => {
    done ??= step();
    return done;
  };
  undo.push(once);
  return once;
}

/** Runs a program without a shell; throws an Error with its standard error if it does not exit with 0. */
export async function run(command: string, args: readonly string[]): Promise<Output> {
  try {
    return await execute(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
    throw new Error(`${[command, ...args].join(' ')}: ${said.trim()}`, { cause });
  }
}

/** Makes a disk of so many MiB on a sparse file below the temporary directory. Needs root. */
export async function loopDisk(mebibytes: number): Promise<LoopDisk> {
  const directory = await mkdtemp(join(tmpdir(), 'devmapper-disk-'));
  const removeFile = later(() => rm(directory, { recursive: true }));
  const file = join(directory, 'disk');
  await writeFile(file, '');
  await truncate(file, mebibytes * 1024 * 1024);
  const path = (await run('losetup', ['--find', '--show', file])).stdout.trim();
  const detach = later(async () => {
    await run('losetup', ['--detach', path]);
  });
  const { stdout } = await run('lsblk', ['--nodeps', '--noheadings', '--output', 'MAJ:MIN', path]);
  const remove = async (): Promise<void> => {
    await detach();
    await removeFile();
  };
  return { path, device: stdout.trim(), remove };
}

/** Makes an active device-mapper device of a table (lines as for `dmsetup create`), removed when the test file ends. */
export async function dmCreate(
  name: string,
  table: string,
  { uuid }: { readonly uuid?: string } = {},
): Promise<void> {
  const identity = uuid === undefined ? [] : ['--uuid', uuid];
  await run('dmsetup', ['create', name, ...identity, '--table', table]);
  later(async () => {
    if (await exists(`/dev/mapper/${name}`)) await dmRemove(name);
  });
}

/** Removes a device-mapper device; tries again for a while if something, such as udev, still has it open. */
export async function dmRemove(name: string): Promise<void> {
  await run('dmsetup', ['remove', '--retry', name]);
}

/** Makes a volume group of these disks, removed with all its volumes when the test file ends. `extentSize` as LVM takes it, such as `1m`. */
export async function volumeGroup(
  name: string,
  disks: readonly LoopDisk[],
  { extentSize = '4m' }: { readonly extentSize?: string } = {},
): Promise<void> {
  await run('vgcreate', ['--physicalextentsize', extentSize, name, ...disks.map((disk) => disk.path)]);
  later(async () => {
    await run('vgremove', ['--force', '--yes', name]);
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
