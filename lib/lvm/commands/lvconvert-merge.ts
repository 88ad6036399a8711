import type { LvRow } from '../columns/lv.ts';
import {
  type Afterwards,
  type Before,
  type NoOptions,
  type Operation,
  operation,
  type Refusal,
  type Waits,
} from '../operation.ts';
import { groupOf, volumeOf } from '../state.ts';
import { volume } from '../subject.ts';
import { namedVolume, nameOf, type VolumeResult } from '../verify.ts';
import { present, refuseOther } from './lvconvert-common.ts';

/** Puts the contents of a snapshot back into its origin; the snapshot is gone when that is done. */
export const mergeSnapshot: Operation<string, NoOptions, MergeResult> & Waits<'merge'> = operation({
  command: 'lvconvert',
  fixed: ['--mergesnapshot', '--background'],
  summary: 'Merges a snapshot (not a thin one) back into its origin.',
  subject: volume,
  options: {},
  waits: 'merge',
  refuse: refuseMerge,
  verify: verifyMerge,
  result: mergeResult,
});

/** Puts a thin snapshot in its origin's place, at once if both can be deactivated. */
export const mergeThin: Operation<string, NoOptions, MergeResult> & Waits<'merge'> = operation({
  command: 'lvconvert',
  fixed: ['--mergethin'],
  summary: 'Puts a thin snapshot in the place of its origin.',
  subject: volume,
  options: {},
  waits: 'merge',
  refuse: (call) => refuseOther(call, ['thin'], 'use lvconvert.mergeSnapshot') ?? refuseMerge(call),
  verify: verifyMerge,
  result: mergeResult,
});

/** The result of a merge. */
export interface MergeResult extends VolumeResult {
  /**
   * How far it is. `delayed`: origin or snapshot is open or inactive, it starts when the origin is activated the next
   * time or refreshed while closed. `started`: the kernel copies; the origin shows the snapshot's contents already.
   * `finished`: the snapshot is gone.
   */
  readonly merging: 'delayed' | 'started' | 'finished';
}

function refuseMerge(call: Before<object>): Refusal | null {
  const snapshot = present(call);
  if (snapshot === undefined || snapshot.origin === null) return null;
  if (snapshot.snapshotInvalid === true)
    return { reason: 'snapshot-invalid', message: `${snapshot.fullName} overflowed and cannot be merged` };
  const merging = groupOf(call.before, snapshot.vgName)?.lvs.find(
    ({ origin, merging: is, segtype }) => is === true && origin === snapshot.origin && segtype !== null,
  );
  if (merging === undefined) return null;
  const message = `${merging.fullName} is being merged into ${snapshot.vgName}/${snapshot.origin} already`;
  return { reason: 'merging', message };
}

function verifyMerge({ place, after }: Afterwards): string | null {
  const snapshot = namedVolume(place, after);
  if (snapshot === undefined || snapshot.merging === true || isMergingThin(snapshot)) return null;
  return `${nameOf(place)} is not being merged`;
}

function mergeResult({ place, before, after }: Afterwards): MergeResult {
  const was = namedVolume(place, before);
  const origin = was === undefined ? undefined : volumeOf(after, `${was.vgName}/${was.origin ?? ''}`);
  const snapshot = namedVolume(place, after);
  if (snapshot === undefined) return { volume: origin ?? null, merging: 'finished' };
  // Only while the kernel merges has the origin something that can be full; a thin origin always has.
  const started = origin?.dataPercent !== null && origin?.active === true && snapshot.segtype !== 'thin';
  return { volume: origin ?? null, merging: started ? 'started' : 'delayed' };
}

function isMergingThin({ attributes }: LvRow): boolean {
  return attributes.volumeType === 'merging-snapshot';
}
