import type { PvRow } from '../../lvm/columns/pv.ts';
import { Refusal } from '../errors.ts';
import type { DeadLeg } from './degraded-kernel.ts';
import { visibleOf } from './degraded-parts.ts';
import { type Judging, pvsOfLeg } from './replace-find.ts';
import { refreshedPvs } from './replace-note.ts';

/**
 * Judges the disks of a leg that the kernel has let go, by reading them. Resolves with true if all are well, so that the
 * kernel may take the leg back. Rejects with a {@link Refusal} if one of several disks must be bad, and which cannot be
 * told. `returned`: missing disks that are there again.
 */
export async function judgeLeg(
  { group, add, probe }: Judging,
  leg: DeadLeg,
  returned: readonly PvRow[],
): Promise<boolean> {
  const uuids = pvsOfLeg(group, leg);
  const present = group.pvs.filter(
    (pv) => uuids.includes(pv.uuid ?? '') && (pv.missing !== true || returned.includes(pv)),
  );
  let isBad = present.length < uuids.length;
  for (const pv of present) {
    const wrong = await probe(pv, leg.parts);
    if (wrong === null) continue;
    isBad = true;
    add(pv, 'failing', wrong);
  }
  if (isBad) return false;
  // dm-mirror does not take a leg back, and an error of a write is not seen by reading.
  const again = refreshedPvs(visibleOf(group, leg.row).tags);
  const isMirror = leg.row.segtype === 'mirror';
  if (!isMirror && !uuids.some((uuid) => again.includes(uuid))) return true;
  const what = `${leg.image === null ? 'the log' : `image ${leg.image.index}`} of ${leg.row.fullName}`;
  const seen = isMirror
    ? `the kernel has seen an error of ${what}`
    : `the kernel has let go of ${what} again, after it was taken back`;
  const [only, ...others] = present;
  if (only === undefined || others.length > 0)
    throw new Refusal(
      'unsafe',
      `${seen}, which is on ${present.map(({ name }) => name).join(' and ')}, and all can be read`,
      'Look into the kernel log which of them it was, and name that one in "failed".',
    );
  add(only, 'failing', `can be read, but ${seen} on it`);
  return false;
}
