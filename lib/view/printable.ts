/**
 * The text with every character escaped that could move a cursor, change colours or the direction of writing: a
 * device name may hold anything. C0 and C1 controls and DEL become `\xNN`, as libdevmapper stores them; line
 * separators, invisible and direction characters and lone surrogates become `\u{NNNN}`.
 */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
