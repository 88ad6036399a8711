import type { Command } from 'commander';
import type { DeviceTable } from '../device.ts';
import type { DeviceMapper } from '../device-mapper.ts';
import { parseLvmDevice, unmangle } from '../names.ts';
import { printable } from '../view/printable.ts';
import { groupByVolume } from '../view/volumes.ts';
import { type AskOptions, asking, withAskOptions } from './asking.ts';
import { exitStatus } from './exit.ts';
import { choose } from './find.ts';
import { complain, type End, type Io, writeLines } from './io.ts';
import { toJsonLines } from './json.ts';
import { hasSilent, isGone, orSilent } from './silent.ts';

/** Adds `devmapper table [NAME...]`. */
export function addTable(program: Command, io: Io, end: End): void {
  withAskOptions(program.command('table').argument('[NAME...]', 'only these'))
    .description('show the tables of the devices, as "dmsetup table" prints them, keys as zeros')
    .option('--json', 'print JSON with the words decoded, see docs/cli.md')
    .addHelpText('after', help)
    .action(async (names: readonly string[], options: TableOptions) => {
      const { devices, unanswered } = await asking(options, (dm) => ask(dm, names, io));
      if (unanswered) end(exitStatus.unanswered);
      const lines = options.json === true ? toJsonLines(devices.map(toRecord)) : tableTextLines(devices);
      await writeLines(io, lines);
      if (devices.length === 0 && names.length === 0 && options.json !== true)
        await writeLines(io, ['There are no device-mapper devices.']);
    });
}

/** The lines of `dmsetup table`: the name with its escapes resolved, start, length, target, parameters. */
export function tableTextLines(devices: readonly DeviceTable[]): string[] {
  return devices
    .filter(({ error }) => error === null)
    .flatMap(({ name, segments }) => {
      const title = printable(unmangle(name));
      if (segments.length === 0) return [`${title}:`];
      return segments.map(({ start, length, table }) => {
        const target = table.type === 'unknown' ? table.target : table.type;
        return `${title}: ${start} ${length} ${printable(`${target} ${table.params}`.trimEnd())}`;
      });
    });
}

interface TableOptions extends AskOptions {
  readonly json?: boolean;
}

const help = `
A volume stands for all its layers. The output is what "devmapper decode --table" reads.

Examples:
  devmapper table                     all devices
  devmapper table vg/home             a volume and its layers
  devmapper table --json vg/home | jq '.[].segments[].table'`;

interface Answer {
  readonly devices: readonly DeviceTable[];
  readonly unanswered: boolean;
}

async function ask(dm: DeviceMapper, names: readonly string[], io: Io): Promise<Answer> {
  if (names.length === 0) {
    const devices = (await dm.table()).filter((device) => !isGone(device));
    return { devices: inOrder(devices), unanswered: hasSilent(devices, io) };
  }
  const { devices: wanted, problems } = choose(names, groupByVolume(await dm.devices()));
  for (const problem of problems) complain(io, problem);
  const devices = await Promise.all(
    wanted.map((device) => orSilent(device, dm.table({ name: device.name }))),
  );
  const unanswered = hasSilent(devices, io) || problems.length > 0;
  return { devices: inOrder(devices), unanswered };
}

function inOrder(devices: readonly DeviceTable[]): readonly DeviceTable[] {
  return groupByVolume(devices).flatMap(({ members }) => members.map(({ device }) => device));
}

function toRecord(device: DeviceTable): unknown {
  return { ...device, volume: parseLvmDevice(device) };
}
