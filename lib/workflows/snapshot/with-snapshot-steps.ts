import type { LvRow } from '../../lvm/columns/lv.ts';
import type { LvmState } from '../../lvm/state.ts';
import type { Remainder } from '../errors.ts';
import { lookAtGroup, plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import type { Tools } from '../tools.ts';
import { removeLeftovers } from './snapshot-clean-up.ts';
import { mounting } from './snapshot-mount.ts';
import type { WithSnapshotSettings } from './with-snapshot-options.ts';
import type { Taking } from './with-snapshot-stores.ts';
import { numbered, type Taken, takeStep } from './with-snapshot-take.ts';
import type { SnapshotCallback, WithSnapshotResult } from './with-snapshot-types.ts';
import { performUse } from './with-snapshot-use.ts';

/** The steps that take snapshots, mount them, call the callback and remove them. */
export function snapshotSteps<T>(
  tools: Tools,
  state: LvmState,
  settings: WithSnapshotSettings,
  takings: readonly Taking[],
  callback: SnapshotCallback<T>,
): { readonly steps: readonly Step[]; result(): WithSnapshotResult<T> } {
  const taken = takings.map((taking): Taken => ({ taking, takenAt: null, uuid: null, directory: null }));
  const times: { begun: number; ended: number } = { begun: 0, ended: 0 };
  const outcome: { result: Omit<WithSnapshotResult<T>, 'spread'> | null } = { result: null };
  const clean = cleanUpStep(tools, state, takings);
  const use: Step = {
    name: 'use',
    callsBack: true,
    title: `Call the callback with ${takings.map(({ name }) => name).join(', ')}`,
    perform: async (context) => {
      outcome.result = await performUse(tools, settings, taken, callback, context);
    },
  };
  return {
    steps: [
      ...(clean === null ? [] : [clean]),
      ...taken.map((one, index) => takeStep(tools, state, settings, one, index, times)),
      ...taken.flatMap((one, index) => (one.taking.mount.options === null ? [] : [mountStep(one, index)])),
      use,
    ],
    result() {
      if (outcome.result === null) throw new Error('the callback was not called');
      return { ...outcome.result, spread: Math.ceil(times.ended - times.begun) };
    },
  };
}

function cleanUpStep(tools: Tools, state: LvmState, takings: readonly Taking[]): Step | null {
  const rows = takings.flatMap(({ leftovers }) => leftovers.rows);
  const others = takings.some(({ leftovers: { directories, orphan } }) => directories.length > 0 || orphan);
  if (rows.length === 0 && !others) return null;
  const names = rows.map(({ fullName }) => fullName);
  let isDone = false;
  return {
    name: 'clean-up',
    title: `Remove ${names.length === 0 ? 'mount points' : names.join(', ')} that an earlier run has left`,
    commands: names.map((name) => plannedCommand(state, tools.lvm.lvremove, name, {}).words),
    perform: async ({ signal }) => {
      for (const { row, leftovers } of takings) await removeLeftovers(tools, row, leftovers, signal);
      isDone = true;
    },
    left: () => (isDone ? null : leftOf(tools, rows)),
  };
}

async function leftOf(tools: Tools, rows: readonly LvRow[]): Promise<Remainder | null> {
  const [first] = rows;
  if (first === undefined) return null;
  const { state } = await lookAtGroup(tools, first.vgName);
  const uuids = new Set(state.groups.flatMap(({ lvs }) => lvs.map(({ uuid }) => uuid)));
  const textOf = (isThere: boolean, how: string): readonly string[] => {
    const names = rows.filter(({ uuid }) => uuids.has(uuid) === isThere).map(({ fullName }) => fullName);
    return names.length === 0 ? [] : [`${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} ${how}`];
  };
  return {
    state: `of what an earlier run has left ${[...textOf(false, 'removed'), ...textOf(true, 'still there, perhaps unmounted')].join(', and ')}`,
    next: 'Call again: that goes on with it.',
  };
}

function mountStep(one: Taken, index: number): Step {
  const { taking } = one;
  const mount = mounting(taking.device, taking.origin, taking.mount);
  const where = taking.mount.directory ?? 'a directory of its own';
  return {
    name: numbered('mount', index),
    title: `Mount ${taking.name} on ${where} (${taking.mount.options?.join(',')})`,
    async perform({ signal }) {
      one.directory = await mount.mount(signal);
    },
    release: { title: `Unmount ${taking.name}`, perform: () => mount.unmount() },
    left: () =>
      mount.directory === null
        ? null
        : {
            state: `${taking.device} may still be mounted on ${mount.directory}`,
            next: `Unmount it: umount ${mount.directory}.`,
          },
  };
}
