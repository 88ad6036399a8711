import type { WatchedDevice } from '../../monitor/types.ts';
import type { Summary } from '../../targets/target.ts';
import { formatSectors } from '../../units.ts';
import type { BlockDevice } from '../../view/block.ts';
import { growForest, type TreeNode } from '../../view/forest.ts';
import type { LiveRow } from '../../view/live-rows.ts';
import { summarizeDevice } from '../../view/summary.ts';
import { shown } from './cut.ts';
import { type Element, h } from './node.ts';
import { counted, type Keyed, mark } from './parts.ts';
import type { Topology } from './topology.ts';

/** A picture has so many boxes at most. */
export const mostBoxes = 80;

/** What is known of a device now, by `major:minor`. */
export type Watched = (number: string) => WatchedDevice | undefined;

/** Draws stacks; keeps what stands on what from one look to the next. */
export interface Stacks {
  /** A picture for each of these rows: the volume above, what it stands on below it, down to the disks. */
  pictures(
    rows: readonly Pick<LiveRow, 'name' | 'title'>[],
    topology: Topology,
    watched: Watched,
  ): readonly Keyed[];
}

/** Starts without any. */
export function createStacks(): Stacks {
  let from: Topology | undefined;
  const trees = new Map<string, TreeNode | undefined>();

  const treeOf = (name: string, topology: Topology): TreeNode | undefined => {
    if (from !== topology || trees.size >= mostTrees) trees.clear();
    from = topology;
    if (!trees.has(name)) {
      const device = topology.device(name);
      const block = (number: string): BlockDevice | undefined => topology.blocks.get(number);
      trees.set(name, device && growForest([device], topology.devices, block, mostBoxes)[0]);
    }
    return trees.get(name);
  };

  return {
    pictures: (rows, topology, watched) =>
      rows.flatMap(({ name, title }): readonly Keyed[] => {
        const root = treeOf(name, topology);
        return root === undefined ? [] : [[name, h('li', {}, picture(root, title, topology, watched))]];
      }),
  };
}

const mostTrees = 256;

function picture(root: TreeNode, title: string, topology: Topology, watched: Watched): Element {
  const isCut = sizeOf(root) >= mostBoxes;
  const ends = endsOf(root, (number) => topology.nameOf(number) !== undefined);
  return h(
    'figure',
    { class: 'stack' },
    h('ul', { class: 'layer' }, box(root, title, watched)),
    h(
      'figcaption',
      {},
      h('b', { dir: 'auto' }, shown(title)),
      ` stands on ${counted(ends.size, 'disk')}${isCut ? `; only ${mostBoxes} boxes are drawn` : ''}.`,
    ),
  );
}

function box(node: TreeNode, title: string, watched: Watched): Element {
  const { kinds, sectors, major, minor, file, dependencies } = node;
  const state = stateOf(node, watched);
  const health = state?.health;
  const words =
    state === undefined || state.health === 'ok'
      ? ''
      : [state.health, state.text].filter((text) => text !== '').join(': ');
  const about = [
    shown(kinds.join('+'), 60),
    sectors === null ? '' : formatSectors(sectors),
    `${major}:${minor}`,
    shown(file ?? '', 120),
  ].filter((text) => text !== '');
  const isEnd = dependencies.length === 0;
  return h(
    'li',
    {},
    h(
      'div',
      { class: `box ${health ?? 'none'}${isEnd ? ' end' : ''}` },
      h(
        'span',
        { class: 'title' },
        health === undefined ? undefined : mark(health),
        h('span', { dir: 'auto' }, shown(title)),
        words === '' ? undefined : h('em', { dir: 'auto' }, shown(words, 120)),
      ),
      h('span', { class: 'sub' }, about.join(', ')),
    ),
    isEnd
      ? undefined
      : h(
          'ul',
          { class: 'layer' },
          ...dependencies.map((each) => box(each, titleBelow(each, node), watched)),
        ),
  );
}

// What lies below a volume is of the same group: its name is long enough without that.
function titleBelow({ title, volume }: TreeNode, above: TreeNode): string {
  const group = volume === null || volume.vg === '' || volume.vg !== above.volume?.vg ? '' : `${volume.vg}/`;
  return title.startsWith(`[${group}`) ? `[${title.slice(group.length + 1)}` : title;
}

// Disks have no health here: the kernel tells it of device-mapper's devices only.
function stateOf({ major, minor }: TreeNode, watched: Watched): Summary | undefined {
  const device = watched(`${major}:${minor}`);
  if (device === undefined) return undefined;
  if (device.staleSince !== null) return { health: 'warning', text: 'no answer' };
  return summarizeDevice({ ...device.info, segments: device.segments, error: null });
}

function sizeOf(node: TreeNode): number {
  return node.dependencies.reduce((sum, each) => sum + sizeOf(each), 1);
}

function endsOf(node: TreeNode, isMapped: (number: string) => boolean): ReadonlySet<string> {
  const number = `${node.major}:${node.minor}`;
  if (node.dependencies.length > 0)
    return new Set(node.dependencies.flatMap((each) => [...endsOf(each, isMapped)]));
  return new Set(isMapped(number) ? [] : [number]);
}
