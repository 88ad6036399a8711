import { invalidType, requireOnly } from '../../arguments.ts';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { requireVolume } from '../../lvm/names.ts';
import type { Bytes } from '../../lvm/sizes.ts';
import { type GroupState, groupOf } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup, requireVolumeIn } from '../lvm-step.ts';
import { allocatable } from '../snapshot/snapshot-origin.ts';
import { requireTools, type Tools } from '../tools.ts';
import { requireNoDmeventd } from './guard-dmeventd.ts';
import type { Guard, GuardedPart } from './guard-events.ts';
import { startGuard } from './guard-loop.ts';
import { openGuard } from './guard-open.ts';
import {
  type GuardLine,
  type GuardSettings,
  guardSettingKeys,
  toGuardSettings,
  toGuardTotal,
} from './guard-options.ts';
import { blockSize, partsOf, poolDevices, readPool } from './guard-pool-reading.ts';

/** Options of {@link guardPool}. */
export interface GuardPoolOptions {
  /** `vg/lv` of the thin pool. */
  readonly pool: string;
  /** When the data is extended; `false`: never. Default: that of `GuardLine`. */
  readonly data?: GuardLine | false | undefined;
  /** When the metadata is extended; `false`: never. Default: that of `GuardLine`. */
  readonly metadata?: GuardLine | false | undefined;
  /** Bytes that data and metadata may grow by in all, besides what their lines say; a spare of the metadata is not counted. */
  readonly budget?: Bytes | undefined;
  /** Bytes that data and metadata may have together at most, besides what their lines say. */
  readonly maximum?: Bytes | undefined;
  /** Guards it although dmeventd extends it, too; default false. */
  readonly besideDmeventd?: boolean | undefined;
  /** Ends the guard. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Extends the data and the metadata of a thin pool before they are full: when the fill crosses a line, or would be full
 * sooner than it can be extended. Resolves when it is being watched; it ends when the pool is gone or has failed. Rejects
 * with a `WorkflowError`: `not-found`, `wrong-type`, `busy` (guarded already), `foreign` (dmeventd extends it).
 */
export async function guardPool(tools: Tools, options: GuardPoolOptions): Promise<Guard> {
  requireOnly(options, ['pool', 'data', 'metadata', 'budget', 'maximum', 'besideDmeventd', 'signal']);
  const { pool, besideDmeventd = false, signal } = options;
  const { vg, lv } = requireVolume('pool', pool);
  const settings = linesOf(options);
  const together = toGuardTotal(options);
  if (typeof besideDmeventd !== 'boolean') throw invalidType('besideDmeventd', 'a boolean', besideDmeventd);
  requireTools(tools, { signal });
  const name = `${vg}/${lv}`;
  return openGuard({
    ...{ workflow: 'guardPool', subject: name, signal },
    begin: async (release) => {
      const begun = performance.now();
      const { state, group } = await lookAtGroup(tools, vg, signal);
      const lookTime = performance.now() - begun;
      const row = requireVolumeIn(state, name);
      requirePool(row);
      if (!besideDmeventd)
        await requireNoDmeventd(tools.lvm, state, row, 'thin_pool_autoextend_threshold', signal);
      const devices = poolDevices(vg, lv);
      const blockBytes = await blockSize(tools, devices);
      const { extentSize } = group.vg;
      // What lvm rounds off below a whole block counts as there, so that sizes are whole extents.
      const whole = (bytes: bigint): bigint => ((bytes + extentSize - 1n) / extentSize) * extentSize;
      return startGuard(
        {
          volume: name,
          extentSize,
          ...{ settings, together },
          read: () => readPool(tools, devices, (status) => partsOf(status, name, blockBytes, whole)),
          extend: async (part, size, signal) => {
            const { lvextend } = tools.lvm;
            if (part === 'data') return (await lvextend.size(name, { size, signal })).volume?.size ?? size;
            return (await lvextend.poolMetadata(name, { size, signal })).volume?.metadataSize ?? size;
          },
          free: async (part, signal) =>
            freeFor(part, groupOf(await tools.lvm.fullreport({ targets: [vg], signal }), vg)),
          ended: release,
        },
        {
          duration: lookTime,
          free: new Map([...settings.keys()].map((part) => [part, freeFor(part, group)] as const)),
        },
      );
    },
  });
}

// What lvm2 takes at most, DEFAULT_THIN_POOL_MAX_METADATA_SIZE (device_mapper/all.h, 15.81 GiB).
const mostMetadata = (255n * (1n << 14n) * 8n - 256n * 1024n) * 512n;

function linesOf({ data = {}, metadata = {} }: GuardPoolOptions): ReadonlyMap<GuardedPart, GuardSettings> {
  const lines = new Map<GuardedPart, GuardSettings>();
  for (const [part, line] of [['data', data] as const, ['metadata', metadata] as const]) {
    if (line === false) continue;
    requireOnly(line, guardSettingKeys, part);
    const settings = toGuardSettings(line, `${part}.`);
    const maximum =
      part === 'metadata' && (settings.maximum === null || settings.maximum > mostMetadata)
        ? mostMetadata
        : settings.maximum;
    lines.set(part, { ...settings, maximum });
  }
  if (lines.size === 0) throw invalidType('data', 'a line, if metadata is false', data);
  return lines;
}

function requirePool(row: LvRow): void {
  const name = row.fullName;
  if (!row.layout.includes('thin') || !row.layout.includes('pool'))
    throw new Refusal('wrong-type', `${name} is no thin pool`, 'Name the pool, not one of its volumes.');
  if (row.active === false)
    throw new Refusal(
      'wrong-type',
      `${name} is not active, so nothing is written to it`,
      'Activate it first.',
    );
}

/** Bytes that a group can give to a part of a pool: of the metadata it keeps a spare, which grows along (lvmthin(7)). */
export function freeFor(part: GuardedPart, group: GroupState | undefined): bigint {
  if (group === undefined) return 0n;
  const spare = part === 'metadata' && group.lvs.some(({ role }) => role.includes('spare'));
  return spare ? allocatable(group) / 2n : allocatable(group);
}
