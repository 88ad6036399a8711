import { type Command, Option } from 'commander';
import { addMirror as addCopies, planAddMirror } from '../workflows/mirror/add-mirror.ts';
import { createMirror, planCreateMirror } from '../workflows/mirror/create-mirror.ts';
import type {
  LogChoice,
  MirrorChoices,
  MirrorKind,
  MirrorResult,
} from '../workflows/mirror/mirror-options.ts';
import type { Done } from '../workflows/plan.ts';
import type { End, Io } from './io.ts';
import { collect, parseCount, parseSize } from './workflow-options.ts';
import { runCall, type WorkflowFlags, withWorkflowOptions } from './workflow-run.ts';

/** Adds `devmapper mirror create VG/LV` and `devmapper mirror add VG/LV`. */
export function addMirror(program: Command, io: Io, end: End): void {
  const mirror = program
    .command('mirror')
    .description('make a volume with copies on several disks, or give a volume copies')
    .helpCommand(false)
    .addHelpText('after', help);
  addCreate(mirror, io, end);
  addAdd(mirror, io, end);
}

function addCreate(mirror: Command, io: Io, end: End): void {
  withMirrorOptions(
    mirror
      .command('create')
      .argument('<VG/LV>', 'the volume to make')
      .description('make a volume with copies, and wait until they are in sync')
      .requiredOption('--size <size>', 'its size, such as 512MiB or 10GiB', parseSize)
      .option('--tag <tag>', 'a tag that it gets (repeatable)', collect)
      .option('--wipe-signatures', 'wipe old contents that lvm meets')
      .option('--keep-signatures', 'leave old contents that lvm meets'),
  ).action(async (volume: string, flags: CreateFlags) => {
    const { size, tag, wipeSignatures, keepSignatures } = flags;
    const wipe = keepSignatures === true ? false : wipeSignatures;
    const options = { volume, size, tags: tag, wipeSignatures: wipe, ...choicesOf(flags) };
    const status = await runCall(
      {
        plan: (tools, common) => planCreateMirror(tools, { ...options, ...common }),
        run: (tools, common) => createMirror(tools, { ...options, ...common }),
        state: mirrorState,
      },
      flags,
      io,
    );
    end(status);
  });
}

function addAdd(mirror: Command, io: Io, end: End): void {
  withMirrorOptions(
    mirror
      .command('add')
      .argument('<VG/LV>', 'a linear volume, a raid1 or a mirror; it stays in use')
      .description('give a volume copies on other disks, and wait until they are in sync'),
  ).action(async (volume: string, flags: MirrorFlags) => {
    const options = { volume, ...choicesOf(flags) };
    const status = await runCall(
      {
        plan: (tools, common) => planAddMirror(tools, { ...options, ...common }),
        run: (tools, common) => addCopies(tools, { ...options, ...common }),
        state: mirrorState,
      },
      flags,
      io,
    );
    end(status);
  });
}

/** What a mirror is now, in a sentence. */
export function mirrorState({ volume, inSync, legs, logDevices }: Done<MirrorResult>): string {
  const log = logDevices.length === 0 ? '' : `, its log on ${logDevices.join(', ')}`;
  const places = legs.map(({ devices }) => devices.join(' and ')).join('; ');
  const sync = inSync ? 'all in sync' : 'which get in sync in the background';
  return `${volume.fullName} has ${legs.length} copies (${places})${log}, ${sync}.`;
}

interface MirrorFlags extends WorkflowFlags {
  readonly type?: 'raid1' | 'mirror';
  readonly copies?: number;
  readonly device?: readonly string[];
  readonly log?: string;
  readonly regionSize?: string;
  readonly wait: boolean;
}

interface CreateFlags extends MirrorFlags {
  readonly size: string;
  readonly tag?: readonly string[];
  readonly wipeSignatures?: boolean;
  readonly keepSignatures?: boolean;
}

function withMirrorOptions(command: Command): Command {
  return withWorkflowOptions(
    command
      .addOption(
        new Option('--type <type>', "LVM's raid1 (default for a linear volume), or the older mirror").choices(
          ['raid1', 'mirror'],
        ),
      )
      .option(
        '--copies <number>',
        'how many copies there are to be, the first included (default: 2)',
        parseCount,
      )
      .option('--device <path>', 'a disk of the group for new copies (repeatable; default: all)', collect)
      .option('--log <place>', 'of --type mirror: disk (default), core, or the path of a device')
      .option('--region-size <size>', 'what is synchronised at once, such as 2MiB', parseSize)
      .option('--no-wait', 'end before they are in sync; the kernel goes on'),
  ).addHelpText('after', exitHelp);
}

function choicesOf(flags: MirrorFlags): MirrorChoices & MirrorKind {
  const { type, copies, device, log, regionSize, wait } = flags;
  // A log of another type is refused by the function itself, in its words.
  const kind = { type, ...(log === undefined ? {} : { log: logOf(log) }) } as MirrorKind;
  return { copies, devices: device, regionSize, wait, ...kind };
}

function logOf(text: string): LogChoice {
  return text === 'disk' || text === 'core' ? text : { device: text };
}

const exitHelp = `
Exit status: 0 done, or it was so already; 1 not done, standard error says what is left;
2 wrong usage, or no --yes without a terminal; 3 lvm could not be asked.`;

const help = `
Examples:
  devmapper mirror create vg/data --size 10GiB --device /dev/sdb --device /dev/sdc
  devmapper mirror add vg/home --dry-run
  devmapper mirror add vg/home --type mirror --log /dev/sdd --yes

"devmapper mirror create --help" and "devmapper mirror add --help" tell more.`;
