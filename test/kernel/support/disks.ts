import { open } from 'node:fs/promises';
import { replaceTable } from './dmsetup.ts';
import { dmCreate, type LoopDisk, loopDisk, run } from './lab.ts';

/** A disk that can be made to fail, or to be slow: a device-mapper device in front of a loop disk. */
export interface TestDisk {
  /** The device node, such as `/dev/mapper/disk1`. */
  readonly path: string;
  readonly name: string;
  readonly device: string;
  /** What lies below. */
  readonly backing: LoopDisk;
  /** From now on every I/O fails. */
  readonly fail: () => Promise<void>;
  /**
   * From now on each write behind so many MiB takes so long; default is 1, so that the first MiB, where LVM keeps its
   * metadata, stays fast.
   */
  readonly slow: (milliseconds: number, from?: number) => Promise<void>;
  /** All is well again. */
  readonly heal: () => Promise<void>;
  /** Takes the disk away before the end of the test file. */
  readonly remove: () => Promise<void>;
}

/** Makes a disk of so many MiB that can be made to fail or be slow. */
export async function testDisk(name: string, mebibytes: number): Promise<TestDisk> {
  // LVM must not find its label in the loop disk as well, so that one's first MiB stays unused.
  const backing = await loopDisk(mebibytes + 1);
  const sectors = mebibytes * 2048;
  const linear = `0 ${sectors} linear ${backing.device} 2048`;
  const delayed = (start: number, milliseconds: number): string =>
    `${backing.device} ${start} ${milliseconds}`;
  await dmCreate(name, linear);
  const path = `/dev/mapper/${name}`;
  const { stdout } = await run('lsblk', ['--nodeps', '--noheadings', '--output', 'MAJ:MIN', path]);
  return {
    path,
    name,
    device: stdout.trim(),
    backing,
    fail: () => replaceTable(name, `0 ${sectors} error`),
    slow: (milliseconds, from = 1) => {
      const fast = from * 2048;
      return replaceTable(
        name,
        [
          `0 ${fast} linear ${backing.device} 2048`,
          `${fast} ${sectors - fast} delay ${delayed(fast + 2048, 0)} ${delayed(fast + 2048, milliseconds)}`,
        ].join('\n'),
      );
    },
    heal: () => replaceTable(name, linear),
    remove: async () => {
      await run('dmsetup', ['remove', '--retry', name]);
      await backing.remove();
    },
  };
}

/** Writes so many bytes of `fill` at an offset of a device or file and flushes them to it. Rejects with `EIO` if it fails. */
export async function write(path: string, offset: number, bytes: number, fill = 0x5a): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const step = Math.min(bytes, 1024 * 1024);
    const buffer = Buffer.alloc(step, fill);
    for (let done = 0; done < bytes; done += step)
      await file.write(buffer, 0, Math.min(step, bytes - done), offset + done);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Reads from a device past the page cache; throws an Error if that fails. Offset and size in blocks of 4 KiB. */
export async function readDirect(path: string, block: number, blocks = 1): Promise<void> {
  await run('dd', [
    `if=${path}`,
    'of=/dev/null',
    'bs=4096',
    'iflag=direct',
    `skip=${block}`,
    `count=${blocks}`,
  ]);
}
