import { constants, ftruncate } from 'node:fs';
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { loadAddon } from '../addon.ts';
import { type Copied, checksumOf, copyBlocks } from './copy-volume-blocks.ts';
import type { CopySettings } from './copy-volume-options.ts';
import { type CopySource, requireWhole } from './copy-volume-source.ts';
import { type CopyTarget, openDevice, partOf } from './copy-volume-target.ts';
import { Refusal } from './errors.ts';
import type { Step } from './step.ts';
import type { Tools } from './tools.ts';

/** What the steps of a copy find out. */
export interface CopyFound {
  copied?: Copied;
}

/** The steps of a copy: copy, read again if that is wanted, and of a file give it its name. */
export function copySteps(
  tools: Tools,
  source: CopySource,
  target: CopyTarget,
  settings: CopySettings,
  found: CopyFound,
): readonly Step[] {
  const { path } = target;
  const { row, size } = source;
  const { blockSize, checksum, bytesPerSecond, verify } = settings;
  const part = target.kind === 'file' ? partOutput(path) : null;
  const output = part ?? deviceOutput(path);
  const sparse = part !== null && settings.sparse;
  let begun = false;
  const copy: Step = {
    name: 'copy',
    title: `Copy ${row.fullName}, ${size} bytes, to ${output.name}, and bring it to the disk`,
    async perform(context) {
      const to = await output.open();
      begun = true;
      const from = await open(source.path, 'r');
      try {
        const blocks = { from: from.fd, to, size, blockSize, sparse, checksum, bytesPerSecond };
        found.copied = await copyBlocks(blocks, context);
      } catch (error) {
        // A snapshot that overflows meanwhile fails with EIO: say what it was.
        if (!context.signal.aborted) await requireWhole(tools, row);
        throw error;
      } finally {
        await from.close();
        await output.close();
      }
      // What was read may have come from memory, and look well.
      await requireWhole(tools, row);
    },
    ...(part === null
      ? {
          left: () =>
            begun
              ? {
                  state: `${path} is overwritten in part, or with a copy that is not good`,
                  next: `Copy again, or wipe it ("wipefs --all ${path}").`,
                }
              : null,
        }
      : { undo: { title: `Remove ${part.name}`, perform: () => part.discard() } }),
  };
  const again: Step = {
    name: 'verify',
    title: `Read ${output.name} again and compare its ${checksum}`,
    async perform(context) {
      if (checksum === false || found.copied === undefined) return;
      const reader = await open(output.name, 'r');
      try {
        const is = await checksumOf({ from: reader.fd, size, blockSize, checksum }, context);
        if (is !== found.copied.checksum)
          throw new Refusal(
            'diverged',
            `${output.name} has the ${checksum} ${is}, and what was written ${found.copied.checksum}`,
            'Look at its disk (dmesg).',
          );
      } finally {
        await reader.close();
      }
    },
  };
  const publish: readonly Step[] =
    part === null
      ? []
      : [
          {
            name: 'publish',
            title: `Rename ${part.name} to ${path}`,
            perform: () => part.publish(settings.overwrite),
          },
        ];
  return [copy, ...(verify ? [again] : []), ...publish];
}

interface Output {
  /** What is written to. */
  readonly name: string;
  open(): Promise<number>;
  /** After the copy, whole or not. */
  close(): Promise<void>;
}

interface PartOutput extends Output {
  /** Gives the file its name. */
  publish(overwrite: boolean): Promise<void>;
  /** Removes it, if it was made. */
  discard(): Promise<string | null>;
}

function partOutput(to: string): PartOutput {
  const name = partOf(to);
  const addon = loadAddon();
  let descriptor: number | null = null;
  const unlock = (): void => {
    if (descriptor !== null) addon.unlockFile(descriptor);
    descriptor = null;
  };
  return {
    name,
    async open() {
      // Locked, so that of two copies to one file one is refused, and a killed one is in nobody's way.
      descriptor = addon.lockFile(name);
      if (descriptor === null)
        throw new Refusal('busy', `another copy to ${to} is under way`, 'Wait until it has ended.');
      // What a killed copy has left would show through the holes.
      await promisify(ftruncate)(descriptor, 0);
      return descriptor;
    },
    // It stays locked until it has its name.
    close: async () => {},
    async publish(overwrite) {
      if (!overwrite && (await lstat(to).catch(() => null)) !== null)
        throw new Refusal(
          'needs-consent',
          `there is a file ${to} meanwhile`,
          'Set overwrite to true, or move it away.',
        );
      await rename(name, to);
      unlock();
      const directory = await open(dirname(to), 'r');
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    },
    async discard() {
      if (descriptor === null) return null;
      await unlink(name);
      unlock();
      return `${name} was removed`;
    },
  };
}

function deviceOutput(path: string): Output {
  let file: FileHandle | null = null;
  return {
    name: path,
    async open() {
      file = await openDevice(path, constants.O_RDWR);
      return file.fd;
    },
    async close() {
      await file?.close();
      file = null;
    },
  };
}
