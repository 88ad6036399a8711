import type { Command } from 'commander';
import type { Device } from '../device.ts';
import { formatSectors } from '../units.ts';
import { readBlockDevice } from '../view/block.ts';
import { growForest, rootsOf, type TreeNode } from '../view/forest.ts';
import { groupByVolume } from '../view/volumes.ts';
import { type AskOptions, asking, withAskOptions } from './asking.ts';
import { type Cell, type Column, tableLines } from './columns.ts';
import { exitStatus } from './exit.ts';
import { choose } from './find.ts';
import { complain, type End, type Io, writeLines } from './io.ts';
import { toJsonLines } from './json.ts';
import { sayIfFromSysfs } from './list.ts';
import type { Look } from './look.ts';

/** Adds `devmapper tree [NAME...]`. */
export function addTree(program: Command, io: Io, end: End): void {
  withAskOptions(program.command('tree').argument('[NAME...]', 'only what these stand on'))
    .description('show what stands on what, down to the disks; works without privilege')
    .option('--json', 'print JSON, see docs/cli.md')
    .addHelpText('after', help)
    .action(async (names: readonly string[], options: AskOptions & { readonly json?: boolean }) => {
      const devices = await asking(options, (dm) => dm.devices());
      sayIfFromSysfs(devices, io);
      const roots = names.length === 0 ? rootsOf(inOrder(devices)) : namedRoots(names, devices, io, end);
      const forest = growForest(roots, devices, readBlockDevice);
      if (options.json === true) await writeLines(io, toJsonLines(forest));
      else if (forest.length > 0) await writeLines(io, treeLines(forest, io.look));
      else if (names.length === 0) await writeLines(io, ['There are no device-mapper devices.']);
    });
}

/** The lines of `devmapper tree`. */
export function treeLines(forest: readonly TreeNode[], look: Look): string[] {
  const rows: Cell[][] = [];
  const { branch, corner, bar, blank } = look.unicode ? unicodeArt : asciiArt;
  const add = (node: TreeNode, first: string, rest: string): void => {
    rows.push([
      first + node.title,
      node.kinds.join('+'),
      node.sectors === null ? '' : formatSectors(node.sectors),
      { text: `${node.major}:${node.minor}`, style: 'faint' },
      node.file ?? '',
    ]);
    node.dependencies.forEach((child, index) => {
      const isLast = index === node.dependencies.length - 1;
      add(child, rest + (isLast ? corner : branch), rest + (isLast ? blank : bar));
    });
  };
  for (const root of forest) add(root, '', '');
  return tableLines(columns, rows, look);
}

const unicodeArt = { branch: '├─ ', corner: '└─ ', bar: '│  ', blank: '   ' };
const asciiArt = { branch: '|- ', corner: '`- ', bar: '|  ', blank: '   ' };

const columns: readonly Column[] = [
  { header: 'NAME' },
  { header: 'TYPE' },
  { header: 'SIZE', align: 'right' },
  { header: 'DEVICE', align: 'right' },
  { header: 'FILE' },
];

const help = `
Each device stands above those it is made of; one that carries several others is
shown below each of them. LVM's inner layers stand in brackets.

Examples:
  devmapper tree
  devmapper tree vg/home
  devmapper tree --json /dev/mapper/luks-home`;

function namedRoots(
  names: readonly string[],
  devices: readonly Device[],
  io: Io,
  end: End,
): readonly Device[] {
  const groups = groupByVolume(devices);
  const chosen = names.map((name) => choose([name], groups));
  const problems = chosen.flatMap((each) => each.problems);
  for (const problem of problems) complain(io, problem);
  if (problems.length > 0) end(exitStatus.unanswered);
  return chosen.flatMap((each) => rootsOf(each.devices));
}

function inOrder(devices: readonly Device[]): readonly Device[] {
  return groupByVolume(devices).flatMap(({ members }) => members.map(({ device }) => device));
}
