import { targetNames } from './index.ts';
import { hide, hideLongHex, hideOptionKey, isKeyless } from './keys.ts';

/**
 * The parameters of a table line with the digits of raw keys replaced by `0`, one for one, as `dmsetup`
 * does. For text from elsewhere: what this package reads itself is redacted before. Keys in the keyring
 * (`:size:type:description`) and `-` stay. In doubt it redacts: a target that is not known loses every long
 * run of hex digits.
 */
export function redactTable(target: string, params: string): string {
  if (keyTargets.has(target))
    return eachWord(params, (word, index) => (index === 1 ? hideKey(word) : hideLongHex(word)));
  if (target === 'integrity') return eachWord(params, (word) => hideLongHex(hideOptionKey(word)));
  return keylessTargets.has(target) ? params : hideLongHex(params);
}

// Targets whose second word is the key; default-key is Android's.
const keyTargets = new Set(['crypt', 'inlinecrypt', 'default-key']);
const keylessTargets: ReadonlySet<string> = new Set<string>(targetNames);

function hideKey(word: string): string {
  return isKeyless(word) ? word : hide(word);
}

function eachWord(params: string, change: (word: string, index: number) => string): string {
  let index = 0;
  return params.replace(/[^ \t\n\v\f\r]+/g, (word) => change(word, index++));
}
