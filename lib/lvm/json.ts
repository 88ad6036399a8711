/**
 * What lvm wrote as JSON, as a value. Throws a SyntaxError for what is no JSON even after repair: a comma before a
 * closing bracket, control characters in strings, and backslashes that lvm puts into strings as they are, all of
 * which lvm 2.03.16 writes (libdm-report.c escapes the quotation mark only). A valid document is never touched.
 */
export function parseLvmJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Where escapes are valid they may be meant; one that is not shows that no backslash is one, but before a quote.
    try {
      return JSON.parse(repair(text, false));
    } catch {
      return JSON.parse(repair(text, true));
    }
  }
}

function repair(text: string, literalBackslashes: boolean): string {
  const pieces: string[] = [];
  const special = /["\\,]|\p{Cc}/gu;
  let done = 0;
  let inString = false;
  const replace = (at: number, length: number, by: string): void => {
    pieces.push(text.slice(done, at), by);
    done = at + length;
    special.lastIndex = done;
  };
  for (let match = special.exec(text); match !== null; match = special.exec(text)) {
    const [character] = match;
    const at = match.index;
    if (character === '"') inString = !inString;
    else if (character === '\\') {
      if (literalBackslashes && text[at + 1] !== '"') replace(at, 1, '\\\\');
      else special.lastIndex = at + 2;
    } else if (inString) {
      if (character < ' ') replace(at, 1, `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
    } else if (character === ',' && isClosing(text, at + 1)) replace(at, 1, '');
  }
  return pieces.join('') + text.slice(done);
}

function isClosing(text: string, from: number): boolean {
  let at = from;
  while (' \t\r\n'.includes(text[at] ?? '-')) at++;
  return text[at] === '}' || text[at] === ']';
}
