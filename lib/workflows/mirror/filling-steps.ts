import { lookAtGroup, plannedCommand } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import { mirrorIn } from './mirror-legs.ts';
import { commandStep, type MirrorRun, withVolume } from './mirror-steps.ts';

/** The step that notes where the copy is that the others are filled from. Once there is another, the note stays. */
export function fillingStep({ tools, volume, state }: MirrorRun, tags: readonly string[]): Step {
  const { change } = tools.lvm.lvchange;
  const command = plannedCommand(state, change, volume, { addTags: tags });
  const before = mirrorIn(state, volume)?.legs.length ?? 1;
  return {
    name: 'filling',
    title: `Note on ${volume} where its first copy is`,
    commands: [command.words],
    async perform({ signal }) {
      await command.run(signal);
    },
    undo: {
      title: `Remove the note from ${volume}`,
      async perform() {
        const { state: now } = await lookAtGroup(tools, volume.split('/')[0] ?? '');
        if ((mirrorIn(now, volume)?.legs.length ?? 1) > before) return null;
        await change(volume, { deleteTags: tags });
        return null;
      },
    },
  };
}

/** The step that takes such notes off, when all copies are in sync. */
export function filledStep({ tools, volume, state, workflow }: MirrorRun, tags: readonly string[]): Step {
  const options = { deleteTags: tags };
  const command = plannedCommand(withVolume(state, volume), tools.lvm.lvchange.change, volume, options);
  return commandStep('filled', `Take the note off ${volume} that its copies are being filled`, command, {
    state: `${volume} may have the tag ${tags.join(' and ')} still, with which it is not repaired when it loses its first copy`,
    next: `Call ${workflow} again when it is in sync`,
  });
}
