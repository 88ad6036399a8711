import type { Command } from 'commander';
import type { DeviceStatus } from '../device.ts';
import type { DeviceMapper } from '../device-mapper.ts';
import { rowsOf, type StatusRow } from '../view/rows.ts';
import { groupByVolume } from '../view/volumes.ts';
import { type AskOptions, asking, withAskOptions } from './asking.ts';
import { exitStatus } from './exit.ts';
import { choose } from './find.ts';
import { complain, type End, type Io, writeLines } from './io.ts';
import { toJsonLines } from './json.ts';
import { statusLines } from './rows.ts';
import { hasSilent } from './silent.ts';
import { statusApart } from './status-apart.ts';
import { mayHang, queryStatus } from './status-query.ts';

/** Adds `devmapper status [NAME...]`. */
export function addStatus(program: Command, io: Io, end: End): void {
  withAskOptions(program.command('status').argument('[NAME...]', 'only these'))
    .description('show each volume: what it is, how far its sync or fill is, its health')
    .option('--all', 'also internal layers that are well, one row a device')
    .option('--check', 'exit status 1 if anything shown is warning or failed')
    .option('--json', 'print JSON, see docs/cli.md')
    .addHelpText('after', help)
    .action(async (names: readonly string[], options: StatusOptions) => {
      const { devices, named, unanswered } = await asking(options, (dm) => ask(dm, names, options, io));
      const rows = groupByVolume(devices).flatMap((group) =>
        rowsOf(group, { all: options.all ?? false, named }),
      );
      const isUnhealthy = rows.some(({ summary: { health } }) => health === 'warning' || health === 'failed');
      if (options.check === true && isUnhealthy) end(exitStatus.unhealthy);
      if (unanswered) end(exitStatus.unanswered);
      if (options.json === true) await writeLines(io, toJsonLines(rows.map(toRecord)));
      else if (rows.length > 0) await writeLines(io, statusLines(rows, io.look));
      else if (names.length === 0) await writeLines(io, ['There are no device-mapper devices.']);
    });
}

interface StatusOptions extends AskOptions {
  readonly all?: boolean;
  readonly check?: boolean;
  readonly json?: boolean;
}

interface Answer {
  readonly devices: readonly DeviceStatus[];
  /** Stored names of layers that were asked for as such. */
  readonly named: ReadonlySet<string>;
  /** Something was asked for that gave no answer; it has been said on standard error. */
  readonly unanswered: boolean;
}

const help = `
An internal layer or volume shows only if it is not well, or with --all; its name
stands in brackets. SYNC/FILL is what lvs shows: the sync of a mirror or RAID, the
fill of a snapshot, thin pool, thin volume or cache. HEALTH is one of
  ok       nothing to do
  busy     the kernel is working and will end by itself
  warning  it works, but somebody should look
  failed   data or service is lost

Examples:
  devmapper status                    all volumes
  devmapper status vg/home            one volume
  devmapper status --all /dev/vg/home each of its layers
  devmapper status --check >/dev/null || echo "look at the volumes"
  devmapper status --json | jq -r '.[] | select(.health == "failed") | .name'`;

async function ask(dm: DeviceMapper, names: readonly string[], options: AskOptions, io: Io): Promise<Answer> {
  const listed = await dm.devices();
  // Of the devices that are not wanted none is asked: one that hangs costs nothing.
  const { devices: wanted, layers, problems } = choose(names, groupByVolume(listed));
  for (const problem of problems) complain(io, problem);
  const query =
    names.length === 0 ? 'all' : wanted.map(({ name, uuid, major, minor }) => ({ name, uuid, major, minor }));
  const { timeout, library } = options;
  const devices = mayHang(names.length === 0 ? listed : wanted)
    ? await statusApart({
        wanted: query,
        options: { ...(timeout && { timeout }), ...(library && { library }) },
      })
    : await queryStatus(dm, query);
  return { devices, named: layers, unanswered: hasSilent(devices, io) || problems.length > 0 };
}

function toRecord({ device, volume, summary }: StatusRow): unknown {
  return { ...device, volume, health: summary.health, summary };
}
