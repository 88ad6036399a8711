/** The text with every character replaced by `0`, one for one, as `dmsetup` shows a key. */
export function hide(text: string): string {
  return '0'.repeat(text.length);
}

/**
 * An option of dm-integrity with its key hidden: `internal_hash:hmac(sha256):00000000`. Others are
 * unchanged.
 */
export function hideOptionKey(option: string): string {
  const match = /^(?:internal_hash|journal_crypt|journal_mac):[^:]*:/i.exec(option);
  if (match === null) return option;
  const [name] = match;
  return name + hide(option.slice(name.length));
}

/** The text with every run of 32 or more hex digits hidden: 16 bytes, the shortest key in use. */
export function hideLongHex(text: string): string {
  return text.replace(/[\da-f]{32,}/gi, hide);
}

/**
 * A text whose layout is not certain, with all hidden that may be a key: runs of hex digits, the second word after the
 * name of a target that has a key there, and the last part of an integrity option.
 */
export function hideWhateverMayBeKey(text: string): string {
  return hideLongHex(text)
    .replace(/(\b(?:crypt|inlinecrypt|default-key)\s+\S+\s+)(\S+)/g, (_, before: string, key: string) => {
      return before + (isKeyless(key) ? key : hide(key));
    })
    .replace(/\b(?:internal_hash|journal_crypt|journal_mac):\S+/gi, hideOptionKey);
}

/** Whether a word is no raw key: `-` (none) or `:size:type:description` (one in the kernel's keyring). */
export function isKeyless(word: string): boolean {
  return word === '-' || /^:\d+:[a-z]+:/.test(word);
}
