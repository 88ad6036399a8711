import { type Fields, parseCount, quote } from '../fields.ts';
import type { Count } from '../units.ts';
import { type Metric, metricsOf, type Place, unknownState } from './metric.ts';
import { defineTarget, type Summary } from './target.ts';

const { counterOfEach, gauge, statesetOfEach } = metricsOf<MultipathStatus, object>();

const metrics: readonly Metric<MultipathStatus, object>[] = [
  gauge('dm_multipath_paths', 'Paths of all groups.', (status) => pathsOf(status).length),
  gauge(
    'dm_multipath_paths_active',
    'Paths that work.',
    (status) => pathsOf(status).filter(({ path }) => path.state === 'active').length,
  ),
  gauge(
    'dm_multipath_queueing',
    'Whether I/O waits for a path group to be initialised.',
    ({ queueIo }) => queueIo !== 0,
  ),
  statesetOfEach(
    'dm_multipath_path_state',
    'State of each path; groups are counted from 1.',
    ['group', 'path'],
    ['active', 'failed', unknownState],
    (status, place) =>
      pathsOf(status).map((each) => ({ labels: labelsOf(each, place), state: each.path.state })),
  ),
  counterOfEach(
    'dm_multipath_path_failures_total',
    'Failures of each path since the table was loaded.',
    ['group', 'path'],
    (status, place) =>
      pathsOf(status).map((each) => ({ labels: labelsOf(each, place), value: each.path.failCount })),
  ),
];

/** One disk over several paths (`drivers/md/dm-mpath.c`, multipath_status). */
export const multipath = defineTarget({
  name: 'multipath',
  status: readStatus,
  table: readTable,
  summary: summarize,
  // A path that fails or is restored sends an event; what a selector counts is of no consequence.
  live: () => false,
  metrics,
});

/** One path to the disk. */
export interface MultipathPath {
  /** `major:minor` of the path. */
  readonly device: string;
  /** The kernel's `A` or `F`; `unknown` is another letter. */
  readonly state: 'active' | 'failed' | 'unknown';
  /** Failures since the table was loaded; a path that works again keeps them. */
  readonly failCount: Count;
  /** What the group's path selector tells of the path, such as I/Os in flight. */
  readonly selectorArguments: readonly string[];
}

/** Paths of one priority, used together. */
export interface MultipathGroup {
  /** `active`: in use. `enabled`: can be used. `disabled`: bypassed. */
  readonly state: 'active' | 'enabled' | 'disabled' | 'unknown';
  /** What the path selector tells of the group. */
  readonly selectorStatus: readonly string[];
  /** The paths, in the table's order. */
  readonly paths: readonly MultipathPath[];
}

/** The status of a multipath device. */
export interface MultipathStatus {
  /** Not 0 while I/O waits for a path group to be initialised. */
  readonly queueIo: Count;
  /** Initialisations of a path group since the table was loaded. */
  readonly pgInitCount: Count;
  /** What the hardware handler tells; no known one tells anything. */
  readonly hwHandlerStatus: readonly string[];
  /** The group to be used next, counted from 1; 0 if there are no groups. */
  readonly nextGroup: Count;
  /** The groups by priority, highest first. */
  readonly groups: readonly MultipathGroup[];
}

function readStatus(fields: Fields): MultipathStatus {
  const [queueIo = '', pgInitCount = ''] = fields.counted('features');
  const counts = [queueIo, pgInitCount].map((word) => toCount(fields, word));
  const hwHandlerStatus = fields.counted('hardware handler status');
  const groupCount = fields.integer('number of groups');
  const nextGroup = fields.count('next group');
  const groups = fields.list('groups', groupCount, () => readGroup(fields));
  return { queueIo: counts[0] ?? 0, pgInitCount: counts[1] ?? 0, hwHandlerStatus, nextGroup, groups };
}

function toCount(fields: Fields, word: string): Count {
  const value = parseCount(word);
  if (value === undefined) fields.fail(`a feature is ${quote(word)}, not a number`);
  return value ?? 0;
}

function readGroup(fields: Fields): MultipathGroup {
  const state = groupStates.get(fields.word('group state')) ?? 'unknown';
  const selectorStatus = fields.counted('selector status words');
  const pathCount = fields.integer('number of paths');
  const argumentCount = fields.integer('number of path arguments');
  const paths = fields.list('paths', pathCount, () => readPath(fields, argumentCount));
  return { state, selectorStatus, paths };
}

function readPath(fields: Fields, argumentCount: number): MultipathPath {
  return {
    device: fields.word('path device'),
    state: pathStates.get(fields.word('path state')) ?? 'unknown',
    failCount: fields.count('fail count'),
    selectorArguments: fields.words('path arguments', argumentCount),
  };
}

const groupStates: ReadonlyMap<string, MultipathGroup['state']> = new Map([
  ['A', 'active'],
  ['E', 'enabled'],
  ['D', 'disabled'],
]);
const pathStates: ReadonlyMap<string, MultipathPath['state']> = new Map([
  ['A', 'active'],
  ['F', 'failed'],
]);

function readTable(fields: Fields) {
  const features = fields.counted('features');
  const hwHandler = fields.counted('hardware handler words');
  const groupCount = fields.integer('number of groups');
  return {
    /** `queue_if_no_path` and so on, in the kernel's order. */
    features,
    /** The handler's name and words; empty if there is none. */
    hwHandler,
    /** The group to be used first, counted from 1. */
    nextGroup: fields.count('next group'),
    /** The groups and their paths. */
    groups: fields.list('groups', groupCount, () => readTableGroup(fields)),
  };
}

function readTableGroup(fields: Fields) {
  const selector = fields.word('path selector');
  const selectorArguments = fields.counted('selector arguments');
  const pathCount = fields.integer('number of paths');
  const argumentCount = fields.integer('number of path arguments');
  const paths = fields.list('paths', pathCount, () => ({
    /** `major:minor` of the path. */
    device: fields.word('path device'),
    /** The selector's words for the path; the first is the repeat count. */
    arguments: fields.words('path arguments', argumentCount),
  }));
  return { selector, selectorArguments, paths };
}

function pathsOf({ groups }: MultipathStatus) {
  return groups.flatMap(({ paths }, index) => paths.map((path) => ({ group: index + 1, path })));
}

function labelsOf({ group, path }: ReturnType<typeof pathsOf>[number], { backing }: Place<object>) {
  return { group: String(group), path: backing(path.device) };
}

function summarize({ groups }: MultipathStatus): Summary {
  const paths = groups.flatMap((group) => group.paths);
  const active = paths.filter((path) => path.state === 'active').length;
  if (paths.length === 0) return { health: 'failed', text: 'no paths' };
  const text = `${active} of ${paths.length} paths active`;
  if (active === 0) return { health: 'failed', text };
  return { health: active < paths.length ? 'warning' : 'ok', text };
}
