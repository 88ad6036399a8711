/** A value of lvm.conf(5): text, a number (octal ones as what they mean), or a list; null if it has none by default. */
export type ConfigValue = string | number | null | readonly (string | number)[];

/** Settings by name, sections as objects. */
export interface ConfigTree {
  readonly [name: string]: ConfigValue | ConfigTree;
}

/** One setting or section at the top of what lvmconfig wrote. */
export interface ConfigNode {
  readonly name: string;
  readonly value: ConfigValue | ConfigTree;
}

/**
 * Reads what lvmconfig writes, also settings that are commented out because they are the default. Never throws; null if
 * it is not whole (libdm/libdm-config.c).
 */
export function parseConfig(text: string): readonly ConfigNode[] | null {
  const tokens = tokensOf(text.replace(/^\s*#+\s?/gm, ''));
  if (tokens === null) return null;
  const top: ConfigNode[] = [];
  const open: { readonly name: string; readonly nodes: ConfigNode[] }[] = [];
  let at = 0;
  while (at < tokens.length) {
    const nodes = open.at(-1)?.nodes ?? top;
    const token = tokens[at];
    const next = tokens[at + 1]?.mark;
    if (token?.mark === '}') {
      const section = open.pop();
      if (section === undefined) return null;
      (open.at(-1)?.nodes ?? top).push({ name: section.name, value: toTree(section.nodes) });
      at += 1;
    } else if (token?.mark !== null) return null;
    else if (next === '{') {
      open.push({ name: token.text, nodes: [] });
      at += 2;
    } else if (next === '=') {
      const { value, end } = valueAt(tokens, at + 2);
      if (value === undefined) return null;
      nodes.push({ name: token.text, value });
      at = end;
    } else return null;
  }
  return open.length === 0 ? top : null;
}

/** An object of nodes; of a name that is there twice, the last, as lvm has it. */
export function toTree(nodes: readonly ConfigNode[]): ConfigTree {
  return Object.fromEntries(nodes.map(({ name, value }) => [name, value]));
}

interface Token {
  readonly text: string;
  /** What it is if not a word or text. */
  readonly mark: string | null;
  readonly quoted: boolean;
  /** Whether it is the first of its line. */
  readonly begins: boolean;
}

function tokensOf(text: string): readonly Token[] | null {
  const pattern = /\s+|(?<mark>[{}[\]=,])|"(?<quoted>(?:[^"\\]|\\[\s\S])*)"|(?<word>[^\s{}[\]=,"]+)/y;
  const tokens: Token[] = [];
  let begins = true;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) return null;
    const { mark, quoted, word } = match.groups ?? {};
    const found = mark ?? quoted ?? word;
    if (found === undefined) {
      begins ||= match[0].includes('\n');
      continue;
    }
    const unescaped = quoted === undefined ? found : quoted.replace(/\\([\s\S])/g, '$1');
    tokens.push({ text: unescaped, mark: mark ?? null, quoted: quoted !== undefined, begins });
    begins = false;
  }
  return tokens;
}

function valueAt(tokens: readonly Token[], start: number): { value: ConfigValue | undefined; end: number } {
  const first = tokens[start];
  // What has no default is shown as `name=` with nothing behind it.
  if (first === undefined || first.begins) return { value: null, end: start };
  if (first.mark === null) return { value: toValue(first), end: start + 1 };
  if (first.mark !== '[') return { value: undefined, end: start };
  const values: (string | number)[] = [];
  for (let at = start + 1; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token?.mark === ']') return { value: values, end: at + 1 };
    if (token?.mark === null) values.push(toValue(token));
    else if (token?.mark !== ',') break;
  }
  return { value: undefined, end: start };
}

function toValue({ text, quoted }: Token): string | number {
  if (quoted || !/^[+-]?\d+(?:\.\d+)?$/.test(text)) return text;
  const value = /^0\d+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
  return Number.isSafeInteger(value) || text.includes('.') ? value : text;
}
