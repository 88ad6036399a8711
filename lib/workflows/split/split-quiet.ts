import { Refusal } from '../errors.ts';
import { deviceNumber } from '../system/device-number.ts';
import type { Mount } from '../system/mounts.ts';
import { freezeRefusal, type Quiesce } from '../system/quiesce.ts';
import { usersOf } from '../system/users.ts';
import type { Tools } from '../tools.ts';
import { pathsOfLvm } from './lvm-paths.ts';
import { mountsAbove, openCountOf, otherUses } from './split-above.ts';

/** How the file systems on a volume are made quiet before it is split. */
export interface QuietPlan {
  readonly how: Quiesce;
  /** The mounts of what is on the volume, also upon devices above it, such as an encrypted one. */
  readonly mounts: readonly Mount[];
  /** What is done, as an imperative clause; null if there is nothing to do. */
  readonly title: string | null;
  /** What the copy is like afterwards. */
  readonly state: 'frozen' | 'synced' | 'unknown';
  readonly warnings: readonly string[];
}

/**
 * Decides how a volume is made quiet, by its device's path. Throws a {@link Refusal} `unsafe` if it is to be frozen and
 * must not be, or if that would not make it quiet.
 */
export async function planQuiet(tools: Tools, path: string, wanted: Quiesce | undefined): Promise<QuietPlan> {
  const device = await deviceNumber(path);
  const mounts = await mountsAbove(device);
  if (mounts.length === 0) return unmounted(path, await openCountOf(tools, path), wanted);
  const plan = await mounted(tools, mounts, wanted);
  return withOthers(plan, path, await otherUses(tools, device), wanted);
}

/** The plan for a volume that is used otherwise, too. Throws a {@link Refusal} `unsafe` if it is to be frozen. */
export function withOthers(
  plan: QuietPlan,
  path: string,
  others: readonly string[],
  wanted: Quiesce | undefined,
): QuietPlan {
  if (others.length === 0) return plan;
  const who = others.join('; ');
  if (wanted === 'freeze')
    throw new Refusal(
      'unsafe',
      `${path} is in use beside the file systems that could be frozen here: ${who}`,
      'Stop its users, or use quiesce: "sync".',
    );
  const warning = `${who}: what that has not written yet is not in the copy.`;
  return { ...plan, state: 'unknown', warnings: [...plan.warnings, warning] };
}

async function mounted(
  tools: Tools,
  mounts: readonly Mount[],
  wanted: Quiesce | undefined,
): Promise<QuietPlan> {
  const targets = [...new Set(mounts.map(({ target }) => target))].join(', ');
  if (wanted === 'none')
    return {
      ...{ how: 'none', mounts, title: null, state: 'unknown' },
      warnings: [
        `The file system on ${targets} is neither frozen nor written out: what is only in memory is not in the copy.`,
      ],
    };
  const why = wanted === 'sync' ? null : await refusalOf(mounts, await pathsOfLvm(tools));
  if (wanted !== 'sync' && why === null)
    return { how: 'freeze', mounts, title: `freeze ${targets}`, state: 'frozen', warnings: [] };
  if (wanted === 'freeze')
    throw new Refusal('unsafe', `${targets} must not be frozen: ${why}`, 'Use quiesce: "sync".');
  const because = why === null ? '' : ` It must not be frozen: ${why}.`;
  return {
    ...{ how: 'sync', mounts, title: `write out what is in memory for ${targets}`, state: 'synced' },
    warnings: [
      `The file system on ${targets} is written out, not frozen: what is written during the split can be in the copy in part.${because}`,
    ],
  };
}

/**
 * Rejects with a {@link Refusal} `plan-changed` unless a volume would be made quiet now as was planned: hours may have
 * gone by, and a file system that was mounted meanwhile would be neither frozen nor written out.
 */
export async function requireSameQuiet(
  tools: Tools,
  path: string,
  wanted: Quiesce | undefined,
  planned: QuietPlan,
): Promise<void> {
  const now = await planQuiet(tools, path, wanted);
  if (!isLouder(now, planned)) return;
  const [is, was] = [now, planned].map(({ title }) => title ?? 'do nothing');
  const what =
    is === was ? now.warnings.join(' ') : `to be quiet now it would have to ${is}, and planned was to ${was}`;
  throw new Refusal(
    'plan-changed',
    `${path} is not used as it was when this was planned: ${what}`,
    'Call again: that plans anew.',
  );
}

/** Whether more would have to be done now than was planned, or the copy would be less good. Throws nothing. */
export function isLouder(now: QuietPlan, planned: QuietPlan): boolean {
  const essence = ({ how, mounts }: QuietPlan): string =>
    JSON.stringify([how, mounts.map(({ target, device, root }) => [target, device, root])]);
  const worse = now.state !== 'frozen' && now.state !== planned.state;
  return worse || essence(now) !== essence(planned);
}

async function unmounted(path: string, openCount: number, wanted: Quiesce | undefined): Promise<QuietPlan> {
  const users = openCount === 0 ? [] : await usersOf(path, openCount);
  if (users.length === 0)
    return { how: wanted ?? 'sync', mounts: [], title: null, state: 'frozen', warnings: [] };
  const who = users.map(({ text }) => text).join('; ');
  if (wanted === 'freeze')
    throw new Refusal(
      'unsafe',
      `${path} is in use without a file system that could be frozen here: it ${who}`,
      'Stop its users, or use quiesce: "sync".',
    );
  return {
    how: wanted ?? 'sync',
    mounts: [],
    title: wanted === 'none' ? null : `write out what is in memory for ${path}`,
    state: 'unknown',
    warnings: [`${path} ${who}: what that has not written yet is not in the copy.`],
  };
}

async function refusalOf(mounts: readonly Mount[], also: readonly string[]): Promise<string | null> {
  for (const mount of mounts) {
    const why = await freezeRefusal(mount, also);
    if (why !== null) return why;
  }
  return null;
}
