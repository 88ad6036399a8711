import { LvmError } from '../../lvm/errors.ts';
import type { LvmState } from '../../lvm/state.ts';
import type { VolumeResult } from '../../lvm/verify.ts';
import { Refusal, type Remainder } from '../errors.ts';
import { lookAtGroup, type PlannedCommand, plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import { quiesce } from '../system/quiesce.ts';
import type { Tools } from '../tools.ts';
import { removeSnapshot } from './snapshot-clean-up.ts';
import { leftoversOf, originTag, originUuidTag, snapshotTag } from './snapshot-leftovers.ts';
import { isThere, type MountPlan, targetsOf } from './snapshot-mount.ts';
import type { WithSnapshotSettings } from './with-snapshot-options.ts';
import type { Taking } from './with-snapshot-stores.ts';

/** What the steps have done so far. */
export interface Taken {
  readonly taking: Taking;
  /** When it was there; null: not yet. */
  takenAt: Date | null;
  /** Of lvm; null: not known. */
  uuid: string | null;
  directory: string | null;
}

/** The step that takes one snapshot, and removes it in the end; `times` gets when the first was begun and the last had ended. */
export function takeStep(
  tools: Tools,
  state: LvmState,
  settings: WithSnapshotSettings,
  one: Taken,
  index: number,
  times: { begun: number; ended: number },
): Step {
  const { taking } = one;
  const { origin, name, row, mount } = taking;
  const command = takeCommand(tools, state, settings, taking);
  return {
    name: numbered('snapshot', index),
    title: `${flushTitle(mount)}ake the snapshot ${name} of ${origin}`,
    commands: [command.words],
    async perform({ signal }) {
      await quiesce(mount.above, 'sync', { deadline: 30_000, signal });
      if (index === 0) times.begun = performance.now();
      const { volume } = await command.run(signal).catch((error: unknown) => {
        throw suspendFailure(origin, error) ?? error;
      });
      one.uuid = volume?.uuid ?? null;
      times.ended = performance.now();
      one.takenAt = new Date();
    },
    release: {
      title: `Remove the snapshot ${name}`,
      commands: [plannedCommand(state, tools.lvm.lvremove, name, {}).words],
      async perform() {
        return (await removeSnapshot(tools, { name, uuid: one.uuid }, row)) ? `${name} was removed` : null;
      },
    },
    left: () => remainderOf(tools, one),
  };
}

async function remainderOf(tools: Tools, { taking, uuid }: Taken): Promise<Remainder | null> {
  const { origin, name, device, row } = taking;
  const { state, group } = await lookAtGroup(tools, row.vgName);
  const now = group.lvs.find((lv) => (uuid === null ? lv.fullName === name : lv.uuid === uuid));
  // A half-made one may have left a device of which lvm knows nothing.
  if (now === undefined && !(await isThere(device))) return null;
  const shown = now?.fullName ?? name;
  const remove = `lvremove ${shown} when nothing uses it`;
  if (now !== undefined && !leftoversOf(state, row).includes(now))
    return {
      state: `${shown}, which was made as a snapshot of ${origin} and is none any more, is still there`,
      next: `Look at what it holds, and ${remove}.`,
    };
  return {
    state: `the snapshot ${shown} is still there, with the tag ${snapshotTag}`,
    next: `Call withSnapshot for ${origin} again, which removes it first, or ${remove}.`,
  };
}

// lvm freezes what is mounted from the volume itself, and knows nothing of what stands on it.
function flushTitle({ above }: MountPlan): string {
  return above.length === 0 ? 'T' : `Write out what is in memory for ${targetsOf(above)}, and t`;
}

function takeCommand(
  { lvm }: Tools,
  state: LvmState,
  settings: WithSnapshotSettings,
  { name, row, store }: Taking,
): PlannedCommand<VolumeResult> {
  const tags = [...new Set([snapshotTag, originTag(row.name), originUuidTag(row.uuid), ...settings.tags])];
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

/** The name of one of several steps: `snapshot`, `snapshot-2`. */
export function numbered(name: string, index: number): string {
  return index === 0 ? name : `${name}-${index + 1}`;
}
