import { invalidType, requireOnly } from '../../arguments.ts';
import { DmError } from '../../errors.ts';
import type { LvRow } from '../../lvm/columns/lv.ts';
import { requireVolume } from '../../lvm/names.ts';
import { segmentsOf } from '../../lvm/state.ts';
import { sectorsToBytes } from '../../units.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup, requireVolumeIn } from '../lvm-step.ts';
import { allocatable, freeIn } from '../snapshot/snapshot-origin.ts';
import { fullStoreSize } from '../snapshot/snapshot-size.ts';
import { requireTools, type Tools } from '../tools.ts';
import { requireNoDmeventd } from './guard-dmeventd.ts';
import type { Guard } from './guard-events.ts';
import { startGuard } from './guard-loop.ts';
import { openGuard } from './guard-open.ts';
import { type GuardLine, guardSettingKeys, toGuardSettings } from './guard-options.ts';
import type { GuardReading } from './guard-reading.ts';

/** Options of {@link guardSnapshot}. */
export interface GuardSnapshotOptions extends GuardLine {
  /** `vg/lv` of the snapshot; not a thin one, whose pool is what fills up. */
  readonly snapshot: string;
  /** Guards it although dmeventd extends it, too; default false. */
  readonly besideDmeventd?: boolean | undefined;
  /** Ends the guard. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Extends a snapshot before it is full: when its fill crosses a line, or would be full sooner than it can be extended.
 * Resolves when it is being watched; it ends when the snapshot is as large as is of use, is lost, or is gone. Rejects with
 * a `WorkflowError`: `not-found`, `wrong-type`, `overflowed`, `busy` (guarded already), `foreign` (dmeventd extends it).
 */
export async function guardSnapshot(tools: Tools, options: GuardSnapshotOptions): Promise<Guard> {
  requireOnly(options, ['snapshot', 'besideDmeventd', 'signal', ...guardSettingKeys]);
  const { snapshot, besideDmeventd = false, signal } = options;
  const { vg, lv } = requireVolume('snapshot', snapshot);
  const settings = toGuardSettings(options);
  if (typeof besideDmeventd !== 'boolean') throw invalidType('besideDmeventd', 'a boolean', besideDmeventd);
  requireTools(tools, { signal });
  const name = `${vg}/${lv}`;
  return openGuard({
    ...{ workflow: 'guardSnapshot', subject: name, signal },
    begin: async (release) => {
      const begun = performance.now();
      const { state, group } = await lookAtGroup(tools, vg, signal);
      const lookTime = performance.now() - begun;
      const row = requireVolumeIn(state, name);
      requireGuardable(row);
      if (!besideDmeventd)
        await requireNoDmeventd(tools.lvm, state, row, 'snapshot_autoextend_threshold', signal);
      const { extentSize } = group.vg;
      const chunkSize = segmentsOf(state, row)[0]?.chunkSize ?? undefined;
      const most = fullStoreSize({ originSize: row.originSize ?? 0n, extentSize }, chunkSize);
      return startGuard(
        {
          volume: name,
          extentSize,
          settings: new Map([['snapshot', settings]]),
          read: () => readSnapshot(tools, name, most),
          extend: async (_part, size, signal) =>
            (await tools.lvm.lvextend.size(name, { size, signal })).volume?.size ?? size,
          free: (_part, signal) => freeIn(tools.lvm, vg, signal),
          ended: release,
        },
        { duration: lookTime, free: new Map([['snapshot', allocatable(group)]]) },
      );
    },
  });
}

function requireGuardable(row: LvRow): void {
  const name = row.fullName;
  if (row.layout.includes('thin'))
    throw new Refusal(
      'wrong-type',
      `${name} is thin: its pool ${row.vgName}/${row.poolLv} is what fills up`,
      'Use guardPool.',
    );
  if (!row.role.includes('thicksnapshot'))
    throw new Refusal('wrong-type', `${name} is no snapshot`, 'Name a snapshot with a COW store of its own.');
  if (row.snapshotInvalid === true)
    throw new Refusal(
      'overflowed',
      `${name} has overflowed, and what it held is lost`,
      `Remove it: lvremove ${name}.`,
    );
  if (row.merging === true)
    throw new Refusal('wrong-type', `${name} is being merged`, 'Its store only becomes emptier.');
  if (row.active === false)
    throw new Refusal(
      'wrong-type',
      `${name} is not active, so nothing is written to its store`,
      'Activate it first.',
    );
}

async function readSnapshot({ dm }: Tools, name: string, most: bigint): Promise<GuardReading> {
  const part = 'snapshot';
  try {
    const { segments, error } = await dm.status(name);
    if (error !== null) return { kind: 'unknown' };
    const status = segments[0]?.status;
    if (status?.type !== 'snapshot')
      return { kind: 'gone', part, message: `${name} is no snapshot any more` };
    if (status.state === 'invalid' || status.state === 'overflow')
      return {
        kind: 'overflowed',
        part,
        message: `${name} has overflowed: ${status.state === 'invalid' ? 'what it held is lost' : 'it takes no more writes'}`,
      };
    if (status.state !== 'ok') return { kind: 'unknown' };
    const [used, size] = [sectorsToBytes(status.fill.used), sectorsToBytes(status.fill.total)];
    return { kind: 'parts', parts: [{ part, used, size, most, full: null }] };
  } catch (error) {
    if (error instanceof DmError && error.reason === 'no-device')
      return { kind: 'gone', part, message: `${name} is there no more` };
    if (error instanceof DmError && error.reason === 'closed') throw error;
    return { kind: 'unknown' };
  }
}
