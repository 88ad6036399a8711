import type { Fields } from '../fields.ts';
import { type Count, type Usage, usage } from '../units.ts';
import { raidAsLvs } from './raid-lvs.ts';
import { raidMetrics } from './raid-metrics.ts';
import { readRaidTable } from './raid-table.ts';
import { defineTarget, type Summary } from './target.ts';
import { phrase } from './words.ts';

/**
 * One device of an array: `failed` is the kernel's `D`, `absent` its `-` (the table gave no device),
 * `unknown` a letter that is not known here.
 */
export type RaidLeg = 'in-sync' | 'not-in-sync' | 'failed' | 'absent' | 'unknown';

/** What an array is doing. */
export interface RaidProgress {
  /** The kernel's word; `sync` before target version 1.5.0, which prints none. */
  readonly action: string;
  /** How much of the action is done, 0 to 1. */
  readonly ratio: number;
  /** The same as `lvs` would print it. */
  readonly percent: string;
}

/**
 * RAID by the md personalities, which LVM's raid0 to raid10 are (`drivers/md/dm-raid.c`, raid_status). No
 * single field tells the truth: it needs the letters and the action, see {@link
 * file://../../docs/targets.md}.
 */
export const raid = defineTarget({
  name: 'raid',
  status: readStatus,
  table: readRaidTable,
  summary: summarize,
  live: canMove,
  metrics: raidMetrics,
});

/** The table of an array. */
export type RaidTable = ReturnType<typeof readRaidTable>;

/** The status of an array. */
export interface RaidStatus {
  /** The kernel's word, such as `raid1` or `raid5_ls`. */
  readonly raidType: string;
  /** md's number of devices; differs from `legs.length` while a reshape is under way. */
  readonly deviceCount: number;
  /** The kernel's letters, one a leg. */
  readonly letters: string;
  /** What the letters mean. */
  readonly legs: readonly RaidLeg[];
  /**
   * The kernel's own ratio in sectors a device. Its meaning depends on the action: prefer `progress` and
   * `inSync`.
   */
  readonly synced: Count;
  /** As `synced`: all sectors of a device. */
  readonly total: Count;
  /**
   * `idle`, `frozen`, `resync`, `recover`, `check`, `repair`, `reshape`; null before target version 1.5.0.
   */
  readonly syncAction: string | null;
  /** Sectors that differed in the last `check`; null before target version 1.5.0. */
  readonly mismatchSectors: Count | null;
  /**
   * Where data starts on each leg while a reshape moves it, in sectors; null before target version 1.9.0.
   */
  readonly dataOffset: Count | null;
  /** The journal device of raid4/5/6; null before target version 1.10.0. */
  readonly journal: 'none' | 'write-through' | 'write-back' | 'dead' | 'unknown' | null;
  /** A leg has failed or is absent: redundancy is lost, whatever the ratio says. */
  readonly degraded: boolean;
  /**
   * Every leg holds the same data. Null when the kernel does not say: an array that is `frozen` (suspended, for one)
   * below a full ratio has the same text whether it was in sync before or in the middle of its first resync.
   */
  readonly inSync: boolean | null;
  /** Between the table swaps of a reshape, which has yet to start; the array is in sync. */
  readonly reshapePending: boolean;
  /** The running action; null when nothing runs, even if the kernel's ratio is below 1 then. */
  readonly progress: RaidProgress | null;
  /** What `lvs` shows as Cpy%Sync; null for raid0, where it shows nothing. */
  readonly sync: Usage | null;
}

function readStatus(fields: Fields): RaidStatus {
  const raidType = fields.word('raid type');
  const deviceCount = fields.integer('number of devices');
  const letters = fields.word('health letters');
  const [synced, total] = fields.fraction('sync ratio');
  const syncAction = fields.optionalWord() ?? null;
  const mismatchSectors = fields.optionalCount('mismatch count');
  const dataOffset = fields.optionalCount('data offset');
  const journalLetter = fields.optionalWord();
  const legs = [...letters].map((letter) => letterMeaning.get(letter) ?? 'unknown');
  const allInSync = legs.every((leg) => leg === 'in-sync');
  const done = usage(synced, total);
  return {
    raidType,
    deviceCount,
    letters,
    legs,
    synced,
    total,
    syncAction,
    mismatchSectors,
    dataOffset,
    journal: journalLetter === undefined ? null : (journals.get(journalLetter) ?? 'unknown'),
    degraded: legs.some((leg) => leg === 'failed' || leg === 'absent'),
    inSync: inSyncOf(allInSync, done, syncAction),
    reshapePending: syncAction === 'idle' && allInSync && done.ratio < 1 && (dataOffset ?? 0) !== 0,
    progress: progressOf(legs, done, syncAction),
    sync: raidType === 'raid0' ? null : raidAsLvs(deviceCount, letters, synced, total, syncAction).sync,
  };
}

const letterMeaning: ReadonlyMap<string, RaidLeg> = new Map([
  ['A', 'in-sync'],
  ['a', 'not-in-sync'],
  ['D', 'failed'],
  ['-', 'absent'],
]);
const journals: ReadonlyMap<string, RaidStatus['journal']> = new Map([
  ['-', 'none'],
  ['A', 'write-through'],
  ['a', 'write-back'],
  ['D', 'dead'],
]);
// With these actions the letters alone decide; during a resync all letters may be `A` already.
const quietActions = new Set(['idle', 'check', 'repair']);
const restingActions = new Set(['idle', 'frozen', 'undef']);

function inSyncOf(allInSync: boolean, done: Usage, action: string | null): boolean | null {
  if (!allInSync) return false;
  if (action === 'frozen') return done.ratio < 1 ? null : true;
  return action === null ? done.ratio === 1 : quietActions.has(action);
}

function progressOf(legs: readonly RaidLeg[], done: Usage, action: string | null): RaidProgress | null {
  if (action === null)
    return done.ratio < 1 ? { action: 'sync', ratio: done.ratio, percent: done.percent } : null;
  if (restingActions.has(action)) return null;
  // A leg that has just failed leaves "recover" for some 150 ms with nothing to recover to.
  if (action === 'recover' && !legs.includes('not-in-sync')) return null;
  return { action, ratio: done.ratio, percent: done.percent };
}

// No action sends an event when it starts, and neither does a resume, after which a frozen one may go on. A failed
// leg comes back by another table only, which is an event: an array that rests degraded stays as it is.
function canMove({ legs, syncAction, synced, total }: RaidStatus): boolean {
  const isAtRest = syncAction === null || syncAction === 'idle';
  const isSettled = legs.every((leg) => leg === 'in-sync' || leg === 'failed' || leg === 'absent');
  return !isAtRest || !isSettled || synced !== total;
}

function summarize(status: RaidStatus): Summary {
  const lost = status.legs.flatMap((leg, index) => (leg === 'failed' || leg === 'absent' ? [index] : []));
  const action = status.progress === null ? '' : status.progress.action;
  const bar = barOf(status);
  if (status.degraded) {
    const legs = lost.map((index) => `leg ${index} ${status.legs[index]}`).join(', ');
    const isDead = lost.length > spareLegs(status);
    return {
      health: isDead ? 'failed' : 'warning',
      text: phrase(isDead ? 'failed' : 'degraded', legs, action),
      ...bar,
    };
  }
  const journal = status.journal === 'dead' ? 'journal failed' : '';
  const mismatch =
    Number(status.mismatchSectors ?? 0) > 0 ? `${status.mismatchSectors} sectors mismatch` : '';
  const state = stateText(status, action);
  const wrong = phrase(journal, mismatch);
  if (wrong !== '')
    return { health: 'warning', text: phrase(wrong, state === 'in sync' ? '' : state), ...bar };
  const isQuiet = state === '' || state === 'in sync' || status.inSync === null;
  return { health: isQuiet ? 'ok' : 'busy', text: state, ...bar };
}

function stateText(status: RaidStatus, action: string): string {
  if (action !== '') return action;
  if (status.reshapePending) return 'reshape pending';
  if (status.inSync === null) return 'frozen, sync not known';
  if (!status.inSync) return `not in sync (${status.syncAction ?? 'waiting'})`;
  return status.sync === null ? '' : 'in sync';
}

// At rest the kernel's ratio can be 0 for a healthy array and 1 for a degraded one: better no bar than a
// false one.
function barOf({ degraded, inSync, progress, sync }: RaidStatus): Pick<Summary, 'bar'> {
  if (sync === null) return {};
  const isFalse = progress === null && (degraded || inSync === null || inSync === sync.ratio < 1);
  return isFalse ? {} : { bar: { ratio: sync.ratio, percent: sync.percent } };
}

// How many legs may be lost before data is; raid10 depends on which ones, so all but one is the only safe
// claim.
function spareLegs(status: RaidStatus): number {
  if (status.raidType.startsWith('raid0')) return 0;
  if (/^raid[45]/.test(status.raidType)) return 1;
  if (status.raidType.startsWith('raid6')) return 2;
  return status.legs.length - 1;
}
