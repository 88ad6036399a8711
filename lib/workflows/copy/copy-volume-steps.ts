import { type FileHandle, open } from 'node:fs/promises';
import { loadAddon } from '../../addon.ts';
import { Refusal } from '../errors.ts';
import type { Step } from '../step.ts';
import { writtenSectors } from '../system/read-only.ts';
import type { Tools } from '../tools.ts';
import { type Copied, checksumOf, copyBlocks } from './copy-volume-blocks.ts';
import { forgetCached } from './copy-volume-cache.ts';
import type { CopySettings } from './copy-volume-options.ts';
import { deviceOutput, partOutput, requireDevice } from './copy-volume-output.ts';
import { type CopySource, requireWhole } from './copy-volume-source.ts';
import type { CopyTarget } from './copy-volume-target.ts';

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
  const output = part ?? deviceOutput(tools, target);
  const sparse = part !== null && settings.sparse;
  let begun = false;
  const copy: Step = {
    name: 'copy',
    title: `Copy ${row.fullName}, ${size} bytes, to ${output.name}, and bring it to the disk`,
    async perform(context) {
      const from = await open(source.path, 'r');
      try {
        await requireDevice(from, source.path, source.device);
        await forgetCached(from, source, settings.live, context.signal);
        const before = await writtenTo(from, source.device);
        const to = await output.open();
        begun = true;
        const blocks = { from: from.fd, to, size, blockSize, sparse, checksum, bytesPerSecond };
        found.copied = await copyBlocks(blocks, context);
        const written = (await writtenTo(from, source.device)) - before;
        if (written > 0 && !settings.live)
          throw new Refusal(
            'diverged',
            `${written} sectors were written to ${row.fullName} while it was copied, so the copy is of no one moment`,
            'Keep others from writing to it, or copy a snapshot of it.',
          );
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
        // All was brought to the disk; it is what that has that counts, not what is in memory.
        loadAddon().dropCache(reader.fd);
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
            left: () => part.left(),
          },
        ];
  return [copy, ...(verify ? [again] : []), ...publish];
}

// What others have written to the device's node counts when it is on the way to the disk.
async function writtenTo(file: FileHandle, device: string): Promise<number> {
  await file.sync();
  return writtenSectors(device);
}
