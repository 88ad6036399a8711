import type { GroupState } from '../lvm/state.ts';
import { damageOf, isDamaged } from './degraded.ts';
import { deadLegs } from './degraded-kernel.ts';
import { Refusal, type Remainder } from './errors.ts';
import { lookAtGroup } from './lvm-step.ts';
import { noteTags } from './replace-note.ts';
import type { Tools } from './tools.ts';

/**
 * Throws a {@link Refusal} `failed` if a group misses a disk, or a mirror or RAID volume a copy, also one that only its
 * segments tell of. `kept`: volumes whose data is lost were left, and the disk with them.
 */
export async function checkWhole(
  tools: Tools,
  vg: string,
  kept: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { group } = await lookAtGroup(tools, vg, signal);
  const dead = kept ? [] : deadLegs(group, await tools.dm.status({ signal }));
  const names = [...new Set(dead.map(({ row }) => row.fullName))];
  const unused = names.length === 0 ? null : `the kernel does not use a leg of ${names.join(', ')}`;
  const wrong = wrongIn(group, kept) ?? unused;
  if (wrong !== null) throw new Refusal('failed', `all was done, but ${wrong}`, again);
}

/** What is left of a replacement that did not come to its end. */
export async function remainderOf(tools: Tools, vg: string): Promise<Remainder> {
  const { group } = await lookAtGroup(tools, vg);
  const wrong = wrongIn(group, false);
  const noted = group.lvs.filter(({ tags }) => noteTags(tags).length > 0).map(({ fullName }) => fullName);
  const notes =
    noted.length === 0 ? '' : `; the tag devmapper.replace notes on ${noted.join(', ')} what it is to be`;
  const syncing = group.lvs.filter(({ copyPercent }) => copyPercent !== null && copyPercent < 100);
  const behind = syncing
    .filter(({ segtype }) => segtype === 'mirror' || segtype.startsWith('raid'))
    .map(({ fullName, copyPercent }) => `${fullName} is at ${copyPercent} percent, and goes on by itself`);
  const state = wrong ?? `${vg} misses nothing`;
  return { state: [`${state}${notes}`, ...behind].join('; '), next: again };
}

const again = 'Call replaceFailedDevice again with the same options: it goes on where this one has ended.';

function wrongIn(group: GroupState, kept: boolean): string | null {
  const missing = group.pvs.filter((pv) => pv.missing === true).map(({ uuid }) => uuid ?? '');
  const damage = damageOf(group, new Set(missing));
  const names = damage.mirrors.map(({ row }) => row.fullName);
  if (names.length > 0)
    return `${names.join(', ')} still ${names.length === 1 ? 'lacks' : 'lack'} a copy or the log`;
  if (kept) return null;
  if (missing.length > 0)
    return `${group.vg.name} misses ${missing.length === 1 ? 'a disk' : `${missing.length} disks`} still: ${missing.join(', ')}`;
  return isDamaged(damage) ? `${damage.lost.map(({ row }) => row.fullName).join(', ')} is not whole` : null;
}
