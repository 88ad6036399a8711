import type { LvRow } from '../../lvm/columns/lv.ts';
import { volumeOf } from '../../lvm/state.ts';
import { Refusal } from '../errors.ts';
import { lookAtGroup, plannedCommand, requireVolumeIn } from '../lvm-step.ts';
import type { Step } from '../step.ts';
import { isReadOnly } from '../system/read-only.ts';
import type { Tools } from '../tools.ts';
import type { Prepared } from '../workflow.ts';
import { finishOptions, finishSplit } from './split-finish.ts';
import { leftoverSteps } from './split-leftovers.ts';
import { isSplitOff, lookForSplit, requireSplittable, type SplitLook } from './split-look.ts';
import { marksOf, pendingTag } from './split-marks.ts';
import { planQuiet } from './split-quiet.ts';
import { type SplitAbout, splitResult } from './split-result.ts';
import { splitSteps } from './split-steps.ts';
import type { SplitOptions, SplitResult } from './split-types.ts';
import { imageToSplit, pathOf } from './tracked-image.ts';

/** A split for good, looked at and planned. Rejects with a {@link Refusal}. */
export async function prepareSplit(
  tools: Tools,
  options: SplitOptions,
  signal: AbortSignal | undefined,
): Promise<Prepared<SplitResult>> {
  const { volume, name, readOnly = true, tags = [] } = options;
  const look = await lookForSplit(tools, volume, signal);
  const { row, state, marks } = look;
  const notes = marks.pending.filter((one) => one.name === name).map(({ tag }) => tag);
  const copy = `${row.vgName}/${name}`;
  const existing = volumeOf(state, copy);
  const finish = { name, readOnly, tags, at: new Date() };
  const finishing = (about: SplitAbout, deleteTags = notes): Step => ({
    name: 'finish',
    title: readOnly
      ? `Make ${copy} read-only in lvm's metadata, note what it is a copy of, and take the note off ${volume}`
      : `Note what ${copy} is a copy of, and take the note off ${volume}`,
    commands: [
      plannedCommand(state, tools.lvm.lvchange.change, copy, finishOptions(row, finish)).words,
      ...(deleteTags.length === 0
        ? []
        : [plannedCommand(state, tools.lvm.lvchange.change, volume, { deleteTags }).words]),
    ],
    async perform(context) {
      await finishSplit(tools, volume, finish, context.signal);
      for (const note of (await splitResult(tools, about)).notes) context.warn(note);
    },
    left: async () =>
      (await isThere(tools, row, copy))
        ? { state: `${copy} is split off ${volume}, but not finished`, next: 'Call again: that finishes it.' }
        : null,
  });
  const told = async (about: SplitAbout): Promise<SplitResult> => {
    const { notes: _, ...result } = await splitResult(tools, about);
    return result;
  };
  const unknown: SplitAbout = { volume, copy, quiesced: 'unknown', state: 'unknown' };

  if (existing !== undefined) {
    const mark = marksOf(existing.tags).copy;
    if (notes.length === 0 && mark?.uuid === row.uuid) {
      const isDone =
        tags.every((tag) => existing.tags.includes(tag)) && (await isAsWanted(existing, readOnly));
      return {
        subject: volume,
        summary: `${copy} was split off ${volume} by an earlier call`,
        changes: [],
        warnings: [
          `${copy} holds what ${volume} held at ${mark.at.toISOString()}: it is not split off again. Remove it first for a new one.`,
        ],
        steps: isDone ? [] : [finishing(unknown)],
        result: () => told(unknown),
      };
    }
    if (!isSplitOff(existing, row))
      throw new Refusal(
        'foreign',
        `there is a volume ${copy} already, which splitForBackup has not split off ${volume}`,
        'Give another name, or remove it.',
      );
    return {
      subject: volume,
      summary: `Finish the split of ${copy} off ${volume}, in which an earlier call was killed`,
      changes: readOnly ? [`${copy} becomes read-only.`] : [],
      warnings: [
        `It is not known whether the file system was quiet until ${copy} was split off: it can be as after a power cut.`,
      ],
      steps: [...(await leftoverSteps(tools, look, { except: name })), finishing(unknown)],
      result: () => told(unknown),
    };
  }

  requireSplittable(look, ['raid1', 'mirror'], 'Make it one with addMirror.');
  const quiet = await planQuiet(tools, pathOf(row), options.quiesce);
  const tag = pendingTag(name, readOnly, imageToSplit(state, row, options.devices).uuid);
  const leftovers = await leftoverSteps(tools, look, { except: name });
  const about: SplitAbout = { volume, copy, quiesced: quiet.how, state: quiet.state };
  return {
    subject: volume,
    summary: `Split one of the ${look.copies} copies of ${volume} off as ${copy}`,
    changes: changesOf(look, copy, readOnly, options.devices),
    warnings: quiet.warnings,
    steps: [
      ...leftovers,
      ...splitSteps(tools, look, options, { quiet, tag }),
      finishing(about, [...new Set([...notes, tag])]),
    ],
    result: () => told(about),
  };
}

function changesOf(
  { row, state, copies }: SplitLook,
  copy: string,
  readOnly: boolean,
  devices: readonly string[] | undefined,
): readonly string[] {
  const image = imageToSplit(state, row, devices);
  const left = copies - 1;
  return [
    `${image.fullName}, ${row.size} bytes, becomes the volume ${copy}${readOnly ? ', read-only' : ''}.`,
    left === 1
      ? `${row.fullName} has one copy of its data left, and becomes linear: a failing disk loses what is on it.`
      : `${row.fullName} has ${left} copies of its data left.`,
  ];
}

async function isAsWanted(copy: Parameters<typeof pathOf>[0], readOnly: boolean): Promise<boolean> {
  // An inactive copy has no device.
  return !readOnly || isReadOnly(pathOf(copy)).catch(() => true);
}

async function isThere(tools: Tools, { fullName, vgName }: LvRow, copy: string): Promise<boolean> {
  const { state } = await lookAtGroup(tools, vgName);
  return isSplitOff(volumeOf(state, copy), requireVolumeIn(state, fullName));
}
