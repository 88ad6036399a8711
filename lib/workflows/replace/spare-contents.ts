import { open } from 'node:fs/promises';
import { errorText, Refusal } from '../errors.ts';
import { askBlkid, type BlkidValues } from '../system/blkid.ts';
import type { Partition } from './spare-users.ts';

/** What there is on a disk that is in no group. */
export interface DiskContents {
  /** Of blkid(8). */
  readonly found: BlkidValues | 'several' | null;
  /** Its first sector. */
  readonly sector: Uint8Array;
  /** Those that the kernel knows of. */
  readonly partitions: readonly Partition[];
}

/** Throws a {@link Refusal} if lvm would not make a disk a PV: see {@link contentsRefusal}; or if it cannot be read. */
export async function requireWipeable(
  path: string,
  partitions: readonly Partition[],
  mayWipe: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  let contents: DiskContents;
  try {
    contents = { found: await askBlkid(path, signal), sector: await firstSector(path), partitions };
  } catch (cause) {
    throw new Refusal(
      'unsafe',
      `${path} cannot be looked into: ${errorText(cause)}`,
      'Give another disk.',
      cause,
    );
  }
  const refusal = contentsRefusal(path, contents, mayWipe);
  if (refusal !== null) throw refusal;
}

/**
 * Why lvm would not make a disk with these contents a PV; null if it would. With leave it wipes what blkid finds, but
 * takes no disk with partitions and no member of an array (lvm2, lib/device/dev-type.c and dev-md.c). Stricter than lvm
 * with a table that the kernel would not read, in a partition or a loop device without partscan. Pure.
 */
export function contentsRefusal(
  path: string,
  { found, sector, partitions }: DiskContents,
  mayWipe: boolean,
): Refusal | null {
  const { type = null, table = null, label = null } = found === 'several' ? {} : namesOf(found);
  if (partitions.length > 0)
    return untakeable(path, `has partitions: ${partitions.map(({ name }) => name).join(', ')}`);
  if (hasEntries(sector))
    return untakeable(path, `has a partition table${table === null ? '' : ` (${table})`}`);
  if (type !== null && arrayMember.test(type)) return untakeable(path, `is a member of an array (${type})`);
  if (mayWipe || found === null) return null;
  const holds =
    found === 'several'
      ? 'more than one thing that blkid knows'
      : type !== null
        ? `${type}${label === null ? '' : ` "${label}"`}`
        : table !== null
          ? `an empty partition table (${table})`
          : null;
  return holds === null
    ? null
    : new Refusal(
        'needs-consent',
        `${path} holds ${holds}`,
        'If that may be lost, set wipeSignatures to true.',
      );
}

function untakeable(path: string, why: string): Refusal {
  return new Refusal(
    'unsafe',
    `${path} ${why}: lvm does not take it, not even with leave to wipe it`,
    `If all on it may be lost, run "wipefs --all ${path}" and call again, or give another disk.`,
  );
}

function namesOf(found: BlkidValues | null) {
  return { type: found?.get('TYPE'), table: found?.get('PTTYPE'), label: found?.get('LABEL') };
}

const arrayMember = /^(?:linux|isw|ddf)_raid_member$/;

// A table of MS-DOS, which is before a GPT, too, with an entry that is used: as lvm looks (_has_partition_table).
function hasEntries(sector: Uint8Array): boolean {
  if (sector[510] !== 0x55 || sector[511] !== 0xaa) return false;
  const entries = [446, 462, 478, 494].map((at) => sector.subarray(at, at + 16));
  return (
    entries.every(([boot = 0]) => (boot & 0x7f) === 0) &&
    entries.some((entry) => entry.subarray(12).some((byte) => byte !== 0))
  );
}

async function firstSector(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
