import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { loadAddon } from '../../addon.ts';
import { Refusal, type Remainder } from '../errors.ts';
import { numberText } from '../system/device-number.ts';
import type { Tools } from '../tools.ts';
import { openDevice, requireFree } from './copy-volume-free.ts';
import { type CopyTarget, partOf } from './copy-volume-target.ts';

/** What a copy is written to. */
export interface Output {
  readonly name: string;
  /** Its descriptor. */
  open(): Promise<number>;
  /** After the copy, whole or not. */
  close(): Promise<void>;
}

/** A file that gets its name when it is whole. */
export interface PartOutput extends Output {
  /** Gives the file its name. */
  publish(overwrite: boolean): Promise<void>;
  /** Removes it, if it was made and has not got its name. */
  discard(): Promise<string | null>;
  /** What is left if it got its name and that may not be on the disk. */
  left(): Remainder | null;
}

/** The file `<to>.part`. Opening it rejects with a {@link Refusal} `busy` while another copy writes to it. */
export function partOutput(to: string): PartOutput {
  const name = partOf(to);
  let file: FileHandle | null = null;
  let named = false;
  const close = async (): Promise<void> => {
    await file?.close();
    file = null;
  };
  return {
    name,
    async open() {
      file = await openPart(name, to);
      // What a killed copy has left would show through the holes.
      await file.truncate(0);
      return file.fd;
    },
    // It stays locked until it has its name.
    close: async () => {},
    async publish(overwrite) {
      const linked = !overwrite && (await linkNew(name, to));
      if (!linked) await rename(name, to);
      named = true;
      if (linked) await unlink(name);
      await close();
      const directory = await open(dirname(to), 'r');
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    },
    async discard() {
      if (file === null || named) return null;
      await unlink(name);
      await close();
      return `${name} was removed`;
    },
    left: () =>
      named
        ? {
            state: `${to} is whole and has its name, which may not be on the disk`,
            next: `Look at the disk of ${dirname(to)} (dmesg); "sync" brings it there.`,
          }
        : null,
  };
}

/** A block device, which nobody uses, and nobody else has for himself meanwhile; opening it rejects as {@link requireFree}. */
export function deviceOutput(tools: Tools, { path, device }: Pick<CopyTarget, 'path' | 'device'>): Output {
  let file: FileHandle | null = null;
  const close = async (): Promise<void> => {
    await file?.close();
    file = null;
  };
  return {
    name: path,
    async open() {
      await requireFree(tools, path);
      file = await openDevice(path, constants.O_RDWR);
      try {
        await requireDevice(file, path, device);
      } catch (error) {
        await close();
        throw error;
      }
      return file.fd;
    },
    close,
  };
}

/** Rejects with a {@link Refusal} `plan-changed` unless an open file is this device, `major:minor`. */
export async function requireDevice(file: FileHandle, path: string, device: string | null): Promise<void> {
  const number = numberText((await file.stat({ bigint: true })).rdev);
  if (number === device) return;
  throw new Refusal(
    'plan-changed',
    `${path} is the device ${number} now, and was ${device}`,
    'Call again: that looks at what it is.',
  );
}

// Locked, so that of two copies to one file one is refused, and a killed one is in nobody's way.
async function openPart(name: string, to: string): Promise<FileHandle> {
  // Of a copy that was killed as it gave the file its name: it is that file, too, and stays whole.
  if (((await lstat(name).catch(() => null))?.nlink ?? 1) > 1) await unlink(name);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const file = await open(name, flags, 0o600);
  try {
    if (loadAddon().lockDescriptor(file.fd) && (await isStill(name, await file.stat({ bigint: true }))))
      return file;
    throw new Refusal('busy', `another copy to ${to} is under way`, 'Wait until it has ended.');
  } catch (error) {
    await file.close();
    throw error;
  }
}

// Before it was locked it may have got its name, and be what must not be written to.
async function isStill(name: string, { dev, ino, nlink }: BigIntStats): Promise<boolean> {
  const now = await lstat(name, { bigint: true }).catch(() => null);
  return now?.dev === dev && now.ino === ino && nlink === 1n;
}

// rename(2) replaces what is there; link(2) does not. False where that is not known, as on vfat.
async function linkNew(name: string, to: string): Promise<boolean> {
  const failed = await link(name, to).then(
    () => null,
    (error: NodeJS.ErrnoException) => error,
  );
  if (failed === null) return true;
  const isThere = failed.code === 'EEXIST' || (await lstat(to).catch(() => null)) !== null;
  if (isThere)
    throw new Refusal(
      'needs-consent',
      `there is a file ${to} meanwhile`,
      'Set overwrite to true, or move it away.',
    );
  if (failed.code !== undefined && ['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(failed.code))
    return false;
  throw failed;
}
