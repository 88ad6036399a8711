/** A signature of other data that lvm found where it was to write. */
export interface Signature {
  /** As blkid names it: `ext4`, `xfs`, `LVM2_member`, `dos`... */
  readonly type: string;
  /** The device or volume it was found on, as a path. */
  readonly device: string;
  /** Where it is, in bytes from the start of the device; `null` if lvm does not say. */
  readonly offset: number | null;
}

/** Something that lvm asked, and that was answered with no, as nobody is at its standard input. */
export interface Prompt {
  /** The question, without `[y/n]`. */
  readonly text: string;
  /** Set if it asks whether to wipe one. */
  readonly signature: Signature | null;
}

/** What lvm asked, and the lines of its standard error that are no questions. */
export interface Prompts {
  /** Each question once, in order. */
  readonly prompts: readonly Prompt[];
  /** All other lines, trimmed, without empty ones. */
  readonly lines: readonly string[];
}

/**
 * Finds lvm's questions in its standard error, the only place where they are. They end with `[y/n]: ` or `[y/n]? `,
 * some with no more than a question mark, and lvm adds `[n]` when there is no answer (yes_no_prompt in
 * lib/display/display.c).
 */
export function parsePrompts(stderr: string): Prompts {
  const prompts = new Map<string, Prompt>();
  const lines: string[] = [];
  const take = (text: string): void => {
    if (text !== '') prompts.set(text, { text, signature: signatureOf(text) });
  };
  for (const line of stderr.split(/[\r\n]+/)) {
    let rest = line.trim();
    const bare = withoutAnswer(rest);
    if (bare !== null) {
      take(bare);
      continue;
    }
    // What lvm says next is on the same line if there was an answer that it did not take.
    for (let at = rest.indexOf(mark); at !== -1; at = rest.indexOf(mark)) {
      const after = rest.slice(at + mark.length);
      const [, sign = '', answer = ''] = /^([:?]?)[ \t]*(\[n\])?/.exec(after) ?? [];
      take(rest.slice(0, at).trimEnd() + (sign === '?' ? '?' : ''));
      rest = after.slice(after.indexOf(answer, sign.length) + answer.length).trim();
    }
    if (rest !== '') lines.push(rest);
  }
  return { prompts: [...prompts.values()], lines };
}

const mark = '[y/n]';

function withoutAnswer(line: string): string | null {
  if (!line.endsWith('[n]') || line.includes(mark)) return null;
  const text = line.slice(0, -3).trimEnd();
  return text.endsWith('?') ? text : null;
}

// lib/device/dev-type.c: by blkid with the offset, else by lvm's own search for md, swap and LUKS.
function signatureOf(text: string): Signature | null {
  const [, type, device, offset] =
    /^WARNING: (\S+) signature detected on (\S+) at offset (\d{1,15})\. Wipe it\?$/.exec(text) ??
    /^WARNING: (\S[^\n]{0,60}?) detected on (\S+)\. Wipe it\?$/.exec(text) ??
    [];
  if (type === undefined || device === undefined) return null;
  return { type, device, offset: offset === undefined ? null : Number(offset) };
}
