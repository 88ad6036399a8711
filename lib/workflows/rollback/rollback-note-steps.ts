import { groupOf } from '../../lvm/state.ts';
import { lookAtGroup, plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import type { SeenPair } from './rollback-checks.ts';
import { sightOf } from './rollback-kernel.ts';
import { notesIn, noteTag } from './rollback-pairs.ts';
import { stateOf } from './rollback-run.ts';
import type { RollbackRun } from './rollback-steps.ts';

/** Notes in the group what is begun, so that a second run knows of snapshots that are gone by then. */
export function noteStep({ tools, vg, state, pairs, reached }: RollbackRun): readonly Step[] {
  const fresh = pairs.filter(({ note, phase }) => note === null && phase !== 'gone');
  if (fresh.length === 0) return [];
  // Of an earlier snapshot of this name, or of an origin that is no more.
  const stale = notesIn(groupOf(state, vg)?.vg.tags ?? [])
    .filter((note) => fresh.some(({ snapshot }) => snapshot === `${vg}/${note.snapshot}`))
    .map(noteTag);
  const command = plannedCommand(state, tools.lvm.vgchange.change, vg, {
    addTags: fresh.map(tagOf),
    ...(stale.length === 0 ? {} : { deleteTags: stale }),
  });
  return [
    {
      name: 'note',
      title: `Note in ${vg} what is begun`,
      commands: [command.words],
      perform: async ({ signal }) => void (await command.run(signal)),
      undo: {
        title: `Take the note in ${vg} back`,
        async perform() {
          const { state: now, group } = await lookAtGroup(tools, vg);
          const unbegun: string[] = [];
          for (const pair of fresh) {
            const { now: is } = await stateOf(tools, pair, now, reached);
            if (is === 'present' || is === 'vanished') unbegun.push(tagOf(pair));
          }
          const deleteTags = unbegun.filter((tag) => group.vg.tags.includes(tag));
          if (deleteTags.length === 0) return null;
          await tools.lvm.vgchange.change(vg, { deleteTags });
          return `The note in ${vg} was taken back`;
        },
      },
    },
  ];
}

/** Deactivates origins that were not active before, and takes the notes back of what is merged. */
export function finishSteps(run: RollbackRun): readonly Step[] {
  const { tools, vg, state, pairs, deferred, reached } = run;
  const ended = pairs.filter((pair) => pair.phase === 'gone' || (run.wait && !deferred.includes(pair)));
  if (ended.length === 0) return [];
  const isMerged = ({ snapshot }: SeenPair): boolean => reached.get(snapshot) === 'merged';
  const back = ended.filter(wasInactive).map(({ originRow, origin, ...rest }): Step => {
    const command = plannedCommand(state, tools.lvm.lvchange.deactivate, origin, {});
    const pair = { originRow, origin, ...rest };
    return {
      name: `deactivate-${originRow.name}`,
      title: `Deactivate ${origin}, as it was before`,
      when: 'it is merged, and nobody uses it',
      commands: [command.words],
      async perform({ signal, warn }) {
        if (!isMerged(pair)) return;
        const { users } = await sightOf(tools, pair, signal);
        if (users.length > 0) warn(`${origin} stays active: ${users.join('; ')}`);
        else await command.run(signal);
      },
    };
  });
  const command = plannedCommand(state, tools.lvm.vgchange.change, vg, { deleteTags: ended.map(tagOf) });
  const finish: Step = {
    name: 'finish',
    title: `Take the note in ${vg} back`,
    commands: [command.words],
    async perform({ signal }) {
      const over = ended.filter(isMerged);
      if (over.length === ended.length) await command.run(signal);
      else if (over.length > 0) await tools.lvm.vgchange.change(vg, { deleteTags: over.map(tagOf), signal });
    },
    left: async () => ({
      state: `${vg} has the tag ${ended.map(tagOf).join(', ')}, by which a second run knows of the first`,
      next: 'Call rollback again: it takes it back.',
    }),
  };
  return [...back, finish];
}

/** Whether an origin has to be activated first, so that it can be merged. */
export function needsActivation({ phase, isThin, originRow }: SeenPair): boolean {
  // A thin snapshot takes the place of an inactive origin at once, unless that was put off before.
  return phase !== 'gone' && originRow.active === false && (!isThin || phase === 'scheduled');
}

function wasInactive(pair: SeenPair): boolean {
  return pair.note?.wasInactive ?? needsActivation(pair);
}

function tagOf(pair: SeenPair): string {
  const { note, snapshot, snapshotRow, originRow } = pair;
  return noteTag(
    note ?? {
      ...{ snapshot: snapshot.split('/')[1] ?? '', uuid: snapshotRow?.uuid ?? '' },
      ...{ origin: originRow.name, originUuid: originRow.uuid, wasInactive: wasInactive(pair) },
    },
  );
}
