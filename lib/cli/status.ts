import type { Command } from 'commander';
import type { DeviceIdentity, DeviceStatus } from '../device.ts';
import type { DeviceMapper } from '../device-mapper.ts';
import { DmError } from '../errors.ts';
import { type AskOptions, asking, withAskOptions } from './asking.ts';
import { exitStatus } from './exit.ts';
import { find } from './find.ts';
import { complain, type End, type Io, writeLines } from './io.ts';
import { toJsonLines } from './json.ts';
import { rowsOf, type StatusRow, statusLines } from './rows.ts';
import { type Group, groupByVolume } from './volumes.ts';

/** Adds `devmapper status [NAME...]`. */
export function addStatus(program: Command, io: Io, end: End): void {
  withAskOptions(program.command('status').argument('[NAME...]', 'only these'))
    .description('show each volume: what it is, how far its sync or fill is, its health')
    .option('--all', 'also internal layers that are well, one row a device')
    .option('--check', 'exit status 1 if anything shown is warning or failed')
    .option('--json', 'print JSON, see docs/cli.md')
    .addHelpText('after', help)
    .action(async (names: readonly string[], options: StatusOptions) => {
      const { groups, unanswered } = await asking(options, (dm) => ask(dm, names, io));
      const rows = groups.flatMap(({ group, all }) => rowsOf(group, all || options.all === true));
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
  readonly groups: readonly { readonly group: Group<DeviceStatus>; readonly all: boolean }[];
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

async function ask(dm: DeviceMapper, names: readonly string[], io: Io): Promise<Answer> {
  const { devices, layers, unanswered } = names.length === 0 ? await askAll(dm) : await askNamed(dm, names, io);
  for (const { error } of devices) if (error !== null) complain(io, error.message);
  return {
    groups: groupByVolume(devices).map((group) => ({
      group,
      all: group.members.every(({ device }) => layers.has(device.name)),
    })),
    unanswered: unanswered || devices.some(({ error }) => error !== null),
  };
}

interface Asked {
  readonly devices: readonly DeviceStatus[];
  /** Layers that were named as such and show themselves. */
  readonly layers: ReadonlySet<string>;
  readonly unanswered: boolean;
}

async function askAll(dm: DeviceMapper): Promise<Asked> {
  const devices = await dm.status();
  return { devices: devices.filter((device) => !isGone(device)), layers: new Set(), unanswered: false };
}

// Of the devices that are not wanted none is asked: one that hangs costs nothing.
async function askNamed(dm: DeviceMapper, names: readonly string[], io: Io): Promise<Asked> {
  const groups = groupByVolume<DeviceIdentity>(await dm.devices());
  const wanted = new Map<string, DeviceIdentity>();
  const layers = new Set<string>();
  let unanswered = false;
  for (const name of names) {
    const found = find(name, groups);
    if (found.kind === 'missing') {
      complain(io, found.problem);
      unanswered = true;
      continue;
    }
    const members = found.kind === 'layer' ? [found.member] : found.group.members;
    for (const { device } of members) wanted.set(device.name, device);
    if (found.kind === 'layer') layers.add(found.member.device.name);
  }
  const devices = await Promise.all([...wanted.values()].map((device) => askOne(dm, device)));
  return { devices, layers, unanswered };
}

async function askOne(dm: DeviceMapper, device: DeviceIdentity): Promise<DeviceStatus> {
  const { name, uuid, major, minor } = device;
  try {
    return await dm.status({ name });
  } catch (error) {
    const isItsOwn = error instanceof DmError && (error.reason === 'timed-out' || error.reason === 'no-device');
    if (!isItsOwn) throw error;
    return { name, uuid, major, minor, segments: [], error };
  }
}

// Removed between the listing and the question.
function isGone({ error }: DeviceStatus): boolean {
  return error !== null && error.reason === 'no-device';
}

function toRecord({ device, volume, summary }: StatusRow): unknown {
  return { ...device, volume, health: summary.health, summary };
}
