/**
 * The settings that a text in lvm.conf(5)'s syntax makes, as `section/key` paths. Throws a TypeError for a text that is
 * not whole (a brace, bracket or quote left open would swallow what comes after it) or that is no such text.
 */
export function configPaths(text: string): readonly string[] {
  if (text.includes('\0')) throw invalid('a NUL character', text.indexOf('\0'));
  const tokens = tokensOf(text);
  const paths: string[] = [];
  const sections: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.text === '}' && !token.quoted) {
      if (sections.pop() === undefined) throw invalid('a "}" without its "{"', token.at);
      continue;
    }
    if (!isWord(token)) throw invalid(`"${token.text}" where a name has to be`, token.at);
    const path = [...sections, token.text].join('/');
    const next = tokens[++at];
    if (isMark(next, '{')) {
      paths.push(path);
      sections.push(token.text);
    } else if (isMark(next, '=')) {
      paths.push(path);
      at = endOfValue(tokens, at + 1, token);
    } else throw invalid(`"${token.text}" without "=" or "{"`, token.at);
  }
  if (sections.length > 0) throw invalid('a "{" without its "}"', text.length);
  return paths.map((path) => path.split('/').filter(Boolean).join('/'));
}

/** Throws a TypeError for a `config` that is not whole, or that sets what reading lvm's answers depends on. */
export function requireConfig(config: string, ours: readonly string[]): readonly string[] {
  const paths = configPaths(config);
  const taken = paths.find((path) => ours.includes(path));
  // A section's name that is given a value, `log="x"`, is in neither list and does no harm: lvm takes the later one.
  if (taken !== undefined)
    throw failure(`"config" must leave out ${taken}: lvm's answers could not be read with another one`);
  return paths;
}

interface Token {
  readonly text: string;
  readonly quoted: boolean;
  readonly at: number;
}

// libdm-config.c, _get_token. There a quote left open ends at the end of the text without an error, if it is a single one.
function tokensOf(text: string): readonly Token[] {
  const pattern =
    /\s+|#[^\n]*|(?<mark>[{}[\]=,])|"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>[^']*)'|(?<word>[^\s#{}[\]=,"']+)/sy;
  const tokens: Token[] = [];
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) throw invalid('a quote that is not closed', at);
    const { mark, double, single, word } = groups;
    const found = mark ?? double ?? single ?? word;
    if (found !== undefined)
      tokens.push({ text: found, quoted: double !== undefined || single !== undefined, at });
  }
  return tokens;
}

function endOfValue(tokens: readonly Token[], start: number, key: Token): number {
  const first = tokens[start];
  if (isWord(first)) return start;
  if (!isMark(first, '[')) throw invalid(`"${key.text}=" without a value`, key.at);
  let separated = true;
  for (let at = start + 1; at < tokens.length; at++) {
    const token = tokens[at];
    if (isMark(token, ']')) return at;
    // lvm takes a bare word to the next blank, with the bracket that was to end the list.
    const fits = isMark(token, ',') ? !separated : separated && isListed(token);
    if (!fits) throw invalid('a list that is none', token?.at ?? key.at);
    separated = isMark(token, ',');
  }
  throw invalid('a "[" without its "]"', key.at);
}

function isListed(token: Token | undefined): boolean {
  return token !== undefined && (token.quoted || /^[+-]?\d+(?:\.\d+)?$/.test(token.text));
}

function isWord(token: Token | undefined): boolean {
  return token !== undefined && (token.quoted || !/^[{}[\]=,]$/.test(token.text));
}

function isMark(token: Token | undefined, mark: string): boolean {
  return token?.text === mark && !token.quoted;
}

function invalid(what: string, at: number): TypeError {
  return failure(`"config" must be in lvm.conf(5)'s syntax: ${what} at character ${at}`);
}

function failure(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' });
}
