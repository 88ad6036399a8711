import { DmError } from '../../errors.ts';
import { lvmDeviceName } from '../../names.ts';
import type { ThinPoolOk } from '../../targets/thin-pool.ts';
import { Refusal } from '../errors.ts';
import type { Tools } from '../tools.ts';
import type { GuardReading, PartReading } from './guard-reading.ts';

/** The devices that can be the pool in the kernel: above one that no volume uses there is no layer. */
export function poolDevices(vg: string, lv: string): readonly string[] {
  return [lvmDeviceName(vg, lv, 'tpool'), lvmDeviceName(vg, lv)];
}

/** Asks the kernel how full the parts of a pool are; `parts` makes them of the status of one that works. */
export async function readPool(
  { dm }: Tools,
  devices: readonly string[],
  parts: (status: ThinPoolOk) => readonly PartReading[],
): Promise<GuardReading> {
  for (const name of devices) {
    try {
      const { segments, error } = await dm.status({ name });
      const status = error === null ? segments[0]?.status : undefined;
      if (status === undefined) return { kind: 'unknown' };
      if (status.type !== 'thin-pool') continue;
      if (status.state === 'ok') return { kind: 'parts', parts: parts(status) };
      if (status.state === 'error') return { kind: 'unknown' };
      return { kind: 'failed', part: 'metadata', message: `${name} has failed: its metadata needs repair` };
    } catch (error) {
      if (!(error instanceof DmError) || error.reason === 'closed') throw error;
      if (error.reason !== 'no-device') return { kind: 'unknown' };
    }
  }
  return { kind: 'gone', part: 'data', message: `${devices.join(' and ')}: none is a thin pool any more` };
}

/** Bytes of a block of a pool. Throws a {@link Refusal} if none of the devices is one. */
export async function blockSize({ dm }: Tools, devices: readonly string[]): Promise<bigint> {
  for (const name of devices) {
    const table = await dm.table({ name }).catch((error: unknown) => {
      if (error instanceof DmError && error.reason === 'no-device') return null;
      throw error;
    });
    const found = table?.error === null ? table.segments[0]?.table : undefined;
    if (found?.type === 'thin-pool') return BigInt(found.blockSectors) * 512n;
  }
  throw new Refusal(
    'wrong-type',
    `none of the devices ${devices.join(', ')} is a thin pool in the kernel`,
    'Activate the pool first.',
  );
}

/** What a pool's status says of its parts, for a guard; `whole` rounds up to extents. */
export function partsOf(
  status: ThinPoolOk,
  name: string,
  blockBytes: bigint,
  whole: (bytes: bigint) => bigint,
): readonly PartReading[] {
  const { data, metadata, mode } = status;
  return [
    {
      part: 'data',
      used: BigInt(data.used) * blockBytes,
      size: whole(BigInt(data.total) * blockBytes),
      most: null,
      full:
        mode === 'out_of_data_space'
          ? `${name} has no room for data: writes to its volumes wait or fail until it is extended`
          : null,
    },
    {
      part: 'metadata',
      used: BigInt(metadata.used) * metadataBlock,
      size: whole(BigInt(metadata.total) * metadataBlock),
      most: null,
      full: mode === 'ro' ? `${name} is read-only: its metadata is full, or has to be repaired` : null,
    },
  ];
}

// drivers/md/dm-thin-metadata.h, THIN_METADATA_BLOCK_SIZE.
const metadataBlock = 4096n;
