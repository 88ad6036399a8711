import { invalidType } from '../../arguments.ts';
import { type After, type Operation, operation } from '../operation.ts';
import {
  flag,
  type OptionsOf,
  type OptionTable,
  operand,
  option,
  requireList,
  text,
  word,
} from '../option.ts';
import { everything } from '../subject.ts';
import { type ConfigNode, type ConfigTree, parseConfig, toTree } from './lvmconfig-tree.ts';
import { requireApart } from './together.ts';

/** What lvmconfig shows. */
export interface ConfigResult {
  /** Settings by section and name: `tree.activation.udev_sync`. */
  readonly tree: ConfigTree;
  /** The same as lvm wrote it, in lvm.conf(5)'s syntax. */
  readonly text: string;
}

const version = /^\d{1,3}\.\d{1,3}\.\d{1,3}$/;

const options = {
  /**
   * Which settings: `current` as they apply (the default; with what this package sets for its commands, such as `log` and
   * `report`), `default`, those that differ (`diff`), all (`full`), those of a version... (`--typeconfig`).
   */
  typeConfig: word('--typeconfig', [
    ...(['current', 'default', 'diff', 'full', 'missing', 'new', 'profilable'] as const),
    ...(['profilable-command', 'profilable-metadata'] as const),
  ]),
  /** Only these settings or sections, such as `activation/udev_sync`; lvm fails if one is not among them. */
  names: operand(option<readonly string[]>('', 'settings or sections', namesOf)),
  /** For `default` and the like, as of this version of lvm2, `2.03.16` (`--atversion`). */
  atVersion: text('--atversion', 'a version such as 2.03.16', version),
  /** With `new`: those of all versions from this on (`--sinceversion`). */
  sinceVersion: text('--sinceversion', 'a version such as 2.03.16', version),
  /** Leaves out what is for experts (`--ignoreadvanced`); not of `current`. */
  ignoreAdvanced: flag('--ignoreadvanced'),
  /** Leaves out lvmlocal.conf's section `local` (`--ignorelocal`). */
  ignoreLocal: flag('--ignorelocal'),
  /** Shows what is no longer to be used, too (`--showdeprecated`). */
  showDeprecated: flag('--showdeprecated'),
  /** Shows what lvm2 does not support officially, too (`--showunsupported`). */
  showUnsupported: flag('--showunsupported'),
  /** Shows settings without a default, too: `null` (`--unconfigured`). */
  unconfigured: flag('--unconfigured'),
} as const satisfies OptionTable;

type Options = OptionsOf<typeof options>;

/** Options of `lvm.lvmconfig`. */
export interface LvmconfigOptions extends OptionsOf<typeof options> {}

/** Shows lvm's settings (lvmconfig(8)). */
export const lvmconfig: Operation<void, LvmconfigOptions, ConfigResult> = operation({
  command: 'lvmconfig',
  fixed: [],
  summary: "Shows lvm's settings.",
  subject: everything,
  options,
  // Without this, `current` would be no more than what this package sets (tools/dumpconfig.c).
  arrange(place, given) {
    // tools/dumpconfig.c.
    requireApart(given, ['atVersion'], ['sinceVersion']);
    if (given.atVersion !== undefined && given.typeConfig === undefined)
      throw wrongType('atVersion', 'typeConfig');
    if (given.sinceVersion !== undefined && given.typeConfig !== 'new')
      throw wrongType('sinceVersion', "typeConfig: 'new'");
    const isCurrent = (given.typeConfig ?? 'current') === 'current';
    return isCurrent ? { ...place, flags: [...place.flags, '--mergedconfig'] } : place;
  },
  looks: 'nothing',
  writes: 'text',
  verify: (call) => (treeOf(call) === null ? 'what it wrote cannot be read' : null),
  result: (call): ConfigResult => ({ tree: treeOf(call) ?? {}, text: call.notes.join('\n') }),
});

function wrongType(name: string, wanted: string): TypeError {
  return Object.assign(new TypeError(`"${name}" must be left out without ${wanted}`), {
    code: 'ERR_INVALID_ARG_VALUE',
  });
}

// lvm writes a setting that was asked for by name without its section, in the order of the names.
function treeOf({ notes, options: { names } }: After<Options>): ConfigTree | null {
  const nodes = parseConfig(notes.join('\n'));
  if (nodes === null || names === undefined) return nodes === null ? null : toTree(nodes);
  if (nodes.length !== names.length) return null;
  return names.reduce<ConfigTree | null>((tree, path, index) => {
    const node = nodes[index];
    const [key, ...sections] = path.split('/').toReversed();
    return tree === null || node === undefined || node.name !== key
      ? null
      : placed(tree, sections.toReversed(), node);
  }, {});
}

function placed(tree: ConfigTree, [section, ...deeper]: readonly string[], node: ConfigNode): ConfigTree {
  if (section === undefined) return { ...tree, [node.name]: node.value };
  const there = tree[section];
  const below =
    typeof there === 'object' && there !== null && !Array.isArray(there) ? (there as ConfigTree) : {};
  return { ...tree, [section]: placed(below, deeper, node) };
}

function namesOf(value: unknown, key: string): readonly string[] {
  return requireList(key, value).map((name, index) => {
    if (typeof name === 'string' && name.length < 200 && /^[a-z][a-z0-9_]*(?:\/[a-z][a-z0-9_]*)*$/.test(name))
      return name;
    throw invalidType(`${key}[${index}]`, 'a setting such as activation/udev_sync', name);
  });
}
