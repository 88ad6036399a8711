import { readFileSync } from 'node:fs';

/** lvm's own grammar of one version, made of tools/command-lines.in and tools/args.h; see test/fixtures/README.md. */
export interface Grammar {
  readonly version: string;
  /** Options of every command; one that takes a value ends with `=`, or has the one value that it may have behind it. */
  readonly common: readonly string[];
  /** Options that may be given more than once. */
  readonly repeatable: readonly string[];
  readonly commands: Readonly<Record<string, readonly Form[]>>;
}

/** One form of a command. */
export interface Form {
  readonly required?: readonly string[];
  /** Options of which one has to be given; the others may be. */
  readonly anyOf?: readonly string[];
  readonly optional?: readonly string[];
  /** Least and most operands; `null`: any number. */
  readonly operands: readonly [least: number, most: number | null];
  /** Which options do not go together (`--a --b not --c`: none of one side with one of the other), or only so (`and`). */
  readonly rules?: readonly string[];
}

/** The grammars of the version in Debian 12, and of the newest. */
export const grammars: readonly Grammar[] = ['2.03.16', '2.03.39'].map(
  (version) =>
    JSON.parse(
      readFileSync(new URL(`../../../fixtures/lvm-grammar-${version}.json`, import.meta.url), 'utf8'),
    ) as Grammar,
);

/** What speaks against a command line in each form of its command; empty if one form takes it. */
export function complaints(
  { common, repeatable, commands }: Grammar,
  argv: readonly string[],
): readonly string[] {
  const [command = '', ...words] = argv;
  const found = (commands[command] ?? []).map((form) => complaint(form, common, repeatable, words));
  if (found.length === 0) return [`there is no command ${command}`];
  return found.includes(null) ? [] : [...new Set(found.filter((one) => one !== null))];
}

/** The options that no form of a command knows. */
export function unknownOptions({ common, commands }: Grammar, argv: readonly string[]): readonly string[] {
  const [command = '', ...words] = argv;
  const forms = commands[command] ?? [];
  const known = new Set([...common, ...forms.flatMap(optionsOf)].map(nameOf));
  const end = words.indexOf('--');
  const options = (end === -1 ? words : words.slice(0, end)).flatMap(
    (word) => /^--[a-z_]+/.exec(word)?.[0] ?? [],
  );
  return options.filter((option) => !known.has(option) && !(option === '--extents' && known.has('--size')));
}

/** The words of a command line that lvm takes for options, with what is joined to them by `=`. */
export function optionWords({ common, commands }: Grammar, argv: readonly string[]): readonly string[] {
  const [command = '', ...words] = argv;
  const specs = [...common, ...(commands[command] ?? []).flatMap(optionsOf), '--extents='];
  const valued = new Set(specs.filter((spec) => spec.includes('=')).map(nameOf));
  const found: string[] = [];
  for (let at = 0; at < words.length && words[at] !== '--'; at++) {
    const word = words[at] ?? '';
    found.push(word);
    if (valued.has(word)) at++;
  }
  return found;
}

function complaint(
  form: Form,
  common: readonly string[],
  repeatable: readonly string[],
  words: readonly string[],
): string | null {
  const allowed = [...optionsOf(form), ...common];
  const given: string[] = [];
  let at = 0;
  for (; at < words.length && words[at] !== '--'; at++) {
    const [, name = '', joined] = /^(--[a-z_]+)(?:=(.*))?$/s.exec(words[at] ?? '') ?? [];
    if (name === '') return `${JSON.stringify(words[at])} is no option`;
    // "--size and --extents are interchangeable" (tools/command-lines.in).
    const specs = allowed.filter((spec) => nameOf(spec) === (name === '--extents' ? '--size' : name));
    if (specs.length === 0) return `${name} is not of this form`;
    const takesValue = specs.some((spec) => spec.includes('='));
    if (!takesValue && joined !== undefined) return `${name} takes no value`;
    const value = takesValue ? (joined ?? words[++at]) : undefined;
    if (takesValue && value === undefined) return `${name} has no value`;
    if (!specs.some((spec) => takes(spec, value)))
      return `${name} does not take ${JSON.stringify(value)} here`;
    if (given.includes(name) && !repeatable.includes(name)) return `${name} is there twice`;
    given.push(name);
  }
  const has = (spec: string): boolean => {
    const name = nameOf(spec);
    return given.includes(name) || (name === '--size' && given.includes('--extents'));
  };
  const missing = form.required?.find((spec) => !has(spec));
  if (missing !== undefined) return `${missing} is missing`;
  if (form.anyOf !== undefined && !form.anyOf.some(has)) return `one of ${form.anyOf.join(', ')} is missing`;
  const operands = words.slice(at + 1).length;
  const [least, most] = form.operands;
  if (operands < least || (most !== null && operands > most))
    return `${operands} operands are not of this form`;
  return form.rules?.find((rule) => isBroken(rule, given)) ?? null;
}

function isBroken(rule: string, given: readonly string[]): boolean {
  const [, left = '', word, right = ''] = /^(.+) (not|and) (.+)$/.exec(rule) ?? [];
  const has = (name: string): boolean => given.includes(name);
  if (!left.split(' ').some(has)) return false;
  return word === 'not' ? right.split(' ').some(has) : !right.split(' ').every(has);
}

function optionsOf({ required = [], anyOf = [], optional = [] }: Form): readonly string[] {
  return [...required, ...anyOf, ...optional];
}

function nameOf(spec: string): string {
  return spec.split('=')[0] ?? spec;
}

function takes(spec: string, value: string | undefined): boolean {
  const [, wanted = ''] = spec.split('=');
  // In a form "raid" is any of its levels (tools/lvmcmdline.c).
  if (spec === '--type=raid') return value?.startsWith('raid') === true;
  return wanted === '' || wanted === value;
}
