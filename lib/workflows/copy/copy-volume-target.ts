import type { Stats } from 'node:fs';
import { lstat, open, readFile, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { loadAddon } from '../../addon.ts';
import { imageParent } from '../../lvm/commands/lvconvert-images.ts';
import { devicesOf } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { deviceNumber, numberText } from '../system/device-number.ts';
import { filesystemOf } from '../system/filesystem.ts';
import type { Tools } from '../tools.ts';
import { requireFree } from './copy-volume-free.ts';
import type { CopySettings } from './copy-volume-options.ts';
import { requirePoolRoom, requireSnapshotRoom } from './copy-volume-room.ts';
import type { CopySource } from './copy-volume-source.ts';

/** Where a copy goes. */
export interface CopyTarget {
  readonly kind: 'file' | 'device';
  readonly path: string;
  /** `major:minor` of a device. */
  readonly device: string | null;
  /** What is lost by it, a sentence each. */
  readonly changes: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Looks at where a copy is to go. Rejects with a {@link Refusal}: `not-found`, `wrong-type`, `not-enough-space`, `in-use`,
 * `unsafe` (it would write to its own source, or to what that stands on), `needs-consent`, `foreign`.
 */
export async function lookAtTarget(
  tools: Tools,
  source: CopySource,
  settings: CopySettings,
): Promise<CopyTarget> {
  const { to } = settings;
  const found = await stat(to).catch(() => null);
  if (found?.isBlockDevice() === true) return lookAtDevice(tools, source, settings);
  if ((await lstat(to).catch(() => null))?.isSymbolicLink() === true)
    throw new Refusal('wrong-type', `${to} is a symbolic link`, 'Name the file itself.');
  if (found !== null && !found.isFile())
    throw new Refusal(
      'wrong-type',
      `${to} is neither a file nor a block device`,
      'Name a file or a block device.',
    );
  if (to.startsWith('/dev/'))
    throw new Refusal('not-found', `there is no device ${to}`, 'A file below /dev would be in memory.');
  return lookAtFile(source, settings, found);
}

/** The file that a copy is written to before it is whole. */
export function partOf(to: string): string {
  return `${to}.part`;
}

async function lookAtFile(
  source: CopySource,
  { to, overwrite, sparse }: CopySettings,
  existing: Stats | null,
): Promise<CopyTarget> {
  const directory = dirname(to);
  const place = await stat(directory, { bigint: true }).catch(() => null);
  if (place?.isDirectory() !== true)
    throw new Refusal('not-found', `there is no directory ${directory}`, 'Make it first.');
  const part = await lstat(partOf(to)).catch(() => null);
  const isOurs = part?.isFile() === true && part.uid === process.geteuid?.() && (part.mode & 0o777) === 0o600;
  if (part !== null && !isOurs)
    throw new Refusal('foreign', `${partOf(to)} is there, and copyVolume has not made it`, 'Move it away.');
  if (existing !== null && !overwrite)
    throw new Refusal(
      'needs-consent',
      `there is a file ${to} already, of ${existing.size} bytes`,
      'Set overwrite to true, or give another name.',
    );
  if (numberText(place.dev) === source.device)
    throw new Refusal('unsafe', `${to} is on ${source.row.fullName} itself`, 'Copy to another file system.');
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize + (part === null ? 0 : part.blocks * 512);
  if (!sparse && free < source.size)
    throw new Refusal(
      'not-enough-space',
      `the copy has ${source.size} bytes, and ${directory} has ${free} free`,
      `Make room for ${source.size - free} bytes more, or set sparse to true.`,
    );
  const original = source.original === null ? null : originalDevice(source);
  return {
    ...{ kind: 'file', path: to, device: null },
    changes: existing === null ? [] : [`The file ${to}, ${existing.size} bytes, is replaced.`],
    warnings: [
      ...(free < source.size
        ? [
            `${directory} has ${free} bytes free: that is enough only if ${source.size - free} of ${source.size} are zeros.`,
          ]
        : []),
      ...(original !== null && numberText(place.dev) === original
        ? [`${to} is on ${source.original}, the original: writing there fills the store of its snapshots.`]
        : []),
    ],
  };
}

async function lookAtDevice(
  tools: Tools,
  source: CopySource,
  { to, overwrite, allowOverflow }: CopySettings,
): Promise<CopyTarget> {
  const number = await deviceNumber(to);
  const rows = source.state.groups.flatMap(({ lvs }) => lvs);
  const target = rows.find((row) => `${row.kernelMajor}:${row.kernelMinor}` === number);
  if (number === source.device || (target !== undefined && target.fullName === source.original))
    throw new Refusal(
      'unsafe',
      `${to} is ${number === source.device ? 'the source itself' : `${source.original}, of which ${source.row.fullName} is a copy`}`,
      'To put a snapshot back into its origin, use rollback.',
    );
  if (target?.hidden === true)
    throw new Refusal(
      'unsafe',
      `${to} is ${target.fullName}, a part of another volume`,
      'Name another device.',
    );
  const parent = target === undefined ? undefined : imageParent(source.state, target.fullName);
  if (target !== undefined && parent !== undefined)
    throw new Refusal(
      'unsafe',
      `${to} is ${target.fullName}, an image that is split off ${parent.fullName} for a while: with a copy on it, the images differ when it is merged back`,
      'Name another device.',
    );
  for (const pv of devicesOf(source.state)) {
    const disk = pv.name === null ? null : await deviceNumber(pv.name).catch(() => null);
    if (disk === null || (disk !== number && (await wholeDisk(disk)) !== number)) continue;
    const of = pv.vgName === '' || pv.vgName === null ? 'of LVM, in no group' : `of the group ${pv.vgName}`;
    const is = disk === number ? 'is' : `has the partition ${pv.name},`;
    throw new Refusal('in-use', `${to} ${is} a disk ${of}`, 'Take it out of LVM first (vgreduce, pvremove).');
  }
  await requireFree(tools, to);
  const size = loadAddon().deviceSize(to);
  if (size < source.size)
    throw new Refusal(
      'not-enough-space',
      `${to} has ${size} bytes, and the copy ${source.size}`,
      `It needs ${source.size - size} bytes more.`,
    );
  const wanted = BigInt(source.size);
  if (target !== undefined) requirePoolRoom(source.state, target, wanted);
  const lost = target === undefined ? [] : requireSnapshotRoom(source.state, target, wanted, allowOverflow);
  const held = await contentsOfDevice(to);
  if (held !== null && !overwrite)
    throw new Refusal('needs-consent', `${to} holds ${held}`, 'Set overwrite to true if that is to be lost.');
  return {
    ...{ kind: 'device', path: to, device: number },
    changes: [held === null ? `${to} is overwritten.` : `${to} is overwritten: ${held} is lost.`, ...lost],
    warnings:
      size === source.size
        ? []
        : [`${to} is ${size - source.size} bytes larger; what is behind the copy stays.`],
  };
}

// Of a partition: the kernel keeps its directory in that of its disk.
async function wholeDisk(partition: string): Promise<string | null> {
  const number = await readFile(`/sys/dev/block/${partition}/../dev`, 'utf8').catch(() => null);
  return number === null ? null : number.trim();
}

// What blkid does not know may be somebody's all the same.
async function contentsOfDevice(path: string): Promise<string | null> {
  const filesystem = await filesystemOf(path).catch(() => null);
  if (filesystem !== null) return `a file system of type ${filesystem.type}`;
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1 << 20), 0, 1 << 20, 0);
    return buffer.subarray(0, bytesRead).every((byte) => byte === 0) ? null : 'data in its first MiB';
  } finally {
    await file.close();
  }
}

function originalDevice({ state, original }: CopySource): string | null {
  const row = state.groups.flatMap(({ lvs }) => lvs).find(({ fullName }) => fullName === original);
  return row === undefined ? null : `${row.kernelMajor}:${row.kernelMinor}`;
}
