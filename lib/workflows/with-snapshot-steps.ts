import { LvmError } from '../lvm/errors.ts';
import type { LvmState } from '../lvm/state.ts';
import { Refusal } from './errors.ts';
import { plannedCommand } from './lvm-step.ts';
import { removeLeftovers, removeSnapshot } from './snapshot-clean-up.ts';
import { originTag, snapshotTag } from './snapshot-leftovers.ts';
import { isThere, mounting } from './snapshot-mount.ts';
import type { Step } from './step.ts';
import type { Tools } from './tools.ts';
import type { WithSnapshotSettings } from './with-snapshot-options.ts';
import type { Taking } from './with-snapshot-stores.ts';
import type { SnapshotCallback, WithSnapshotResult } from './with-snapshot-types.ts';
import { performUse } from './with-snapshot-use.ts';

/** What the steps have done so far. */
export interface Taken {
  readonly taking: Taking;
  /** When it was there; null: not yet. */
  takenAt: Date | null;
  directory: string | null;
}

/** The steps that take snapshots, mount them, call the callback and remove them. */
export function snapshotSteps<T>(
  tools: Tools,
  state: LvmState,
  settings: WithSnapshotSettings,
  takings: readonly Taking[],
  callback: SnapshotCallback<T>,
): { readonly steps: readonly Step[]; result(): WithSnapshotResult<T> } {
  const taken = takings.map((taking): Taken => ({ taking, takenAt: null, directory: null }));
  const times: { begun: number; ended: number } = { begun: 0, ended: 0 };
  const outcome: { result: Omit<WithSnapshotResult<T>, 'spread'> | null } = { result: null };
  const clean = cleanUpStep(tools, state, takings);
  const use: Step = {
    name: 'use',
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
  return {
    name: 'clean-up',
    title: `Remove ${names.length === 0 ? 'mount points' : names.join(', ')} that an earlier run has left`,
    commands: names.map((name) => plannedCommand(state, tools.lvm.lvremove, name, {}).words),
    perform: async ({ signal }) => {
      for (const { row, leftovers } of takings) await removeLeftovers(tools, row, leftovers, signal);
    },
  };
}

function takeStep(
  tools: Tools,
  state: LvmState,
  settings: WithSnapshotSettings,
  one: Taken,
  index: number,
  times: { begun: number; ended: number },
): Step {
  const { taking } = one;
  const { origin, name, device, row } = taking;
  const command = takeCommand(tools, state, settings, taking);
  return {
    name: numbered('snapshot', index),
    title: `Take the snapshot ${name} of ${origin}`,
    commands: [command.words],
    async perform({ signal }) {
      if (index === 0) times.begun = performance.now();
      await command.run(signal).catch((error: unknown) => {
        throw suspendFailure(origin, error) ?? error;
      });
      times.ended = performance.now();
      one.takenAt = new Date();
    },
    release: {
      title: `Remove the snapshot ${name}`,
      commands: [plannedCommand(state, tools.lvm.lvremove, name, {}).words],
      async perform() {
        return (await removeSnapshot(tools, name, device, row)) ? `${name} was removed` : null;
      },
    },
    left: async () =>
      (await isThere(device))
        ? {
            state: `the snapshot ${name} is still there, with the tag ${snapshotTag}`,
            next: `Call withSnapshot for ${origin} again, which removes it first, or lvremove ${name} when nothing uses it.`,
          }
        : null,
  };
}

function takeCommand(
  { lvm }: Tools,
  state: LvmState,
  settings: WithSnapshotSettings,
  { name, row, store }: Taking,
): { readonly words: readonly string[]; run(signal: AbortSignal): Promise<unknown> } {
  const tags = [...new Set([snapshotTag, originTag(row.name), ...settings.tags])];
  const common = { origin: row.name, tags };
  if (store === null)
    return plannedCommand(state, lvm.lvcreate.thinSnapshot, name, { ...common, ignoreActivationSkip: true });
  return plannedCommand(state, lvm.lvcreate.snapshot, name, {
    ...common,
    // By lvm's own arithmetic, which has the last word on what cannot overflow.
    size: store.full ? { percent: 100, of: 'ORIGIN' } : store.size,
    ...(settings.guard === null ? {} : { monitor: false }),
  });
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

// lvm can say nothing better than that the kernel refused; lvm-commands, finding 8.
function suspendFailure(origin: string, error: unknown): Refusal | null {
  if (!(error instanceof LvmError)) return null;
  const said = [error.stderr, ...error.messages.map(({ message }) => message)].join('\n');
  if (!/suspend/i.test(said)) return null;
  return new Refusal(
    'busy',
    `${origin} could not be suspended for the moment of the snapshot: a file system on it may be frozen (fsfreeze), also one that is mounted out of sight`,
    'Thaw it, and call again; lvm freezes it by itself.',
    error,
  );
}

function numbered(name: string, index: number): string {
  return index === 0 ? name : `${name}-${index + 1}`;
}
