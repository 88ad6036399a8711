import type { Fields } from '../fields.ts';
import { isKeyless } from './keys.ts';
import { type Metric, metricsOf } from './metric.ts';
import { defineTarget } from './target.ts';

const { info } = metricsOf<object, ReturnType<typeof readCryptTable>>();

const metrics: readonly Metric<object, ReturnType<typeof readCryptTable>>[] = [
  info(
    'dm_crypt_info',
    'Cipher, and where the key is: keyring, raw (in the table itself) or none. Never the key.',
    ['cipher', 'key_location'],
    (_, { table }) =>
      table === undefined ? undefined : { cipher: table.cipher, key_location: table.key.kind },
  ),
];

/**
 * Encryption, LUKS and plain (`drivers/md/dm-crypt.c`, crypt_status). It has no status and sends no events.
 */
export const crypt = defineTarget({
  name: 'crypt',
  status: () => ({}),
  table: readCryptTable,
  summary: () => ({ health: 'ok', text: '' }),
  live: () => false,
  metrics,
});

/** Where the key of an encrypted device is. */
export type CryptKey =
  | {
      /** The kernel's `-`: a cipher without a key. */
      readonly kind: 'none';
    }
  | {
      /** In the kernel's keyring: the table holds only its name. */
      readonly kind: 'keyring';
      /** Key size in bytes. */
      readonly size: number;
      /** `logon`, `user`, `encrypted` or `trusted`. */
      readonly type: string;
      /** The key's name in the keyring, which may contain `:`. */
      readonly description: string;
    }
  | {
      /** In the table itself. It is never shown here, redacted or not. */
      readonly kind: 'raw';
      /** How many hex digits it has. */
      readonly hexDigits: number;
    };

/** Reads `<cipher> <key> <ivOffset> <device> <start> [<count> <option>...]`. Keeps no key material. */
export function readCryptTable(fields: Fields) {
  return {
    /** Such as `aes-xts-plain64`. */
    cipher: fields.word('cipher'),
    /** Where the key is. */
    key: readKey(fields.word('key')),
    /** Added to the sector number for the initial vector, in sectors. */
    ivOffset: fields.count('IV offset'),
    /** `major:minor` of the encrypted device. */
    device: fields.word('device'),
    /** Where in it the data starts, in sectors. */
    start: fields.count('start sector'),
    /** `allow_discards`, `sector_size:4096` and so on, in the kernel's order. */
    options: fields.optionalCounted('options'),
  };
}

function readKey(word: string): CryptKey {
  if (word === '-') return { kind: 'none' };
  if (!isKeyless(word)) return { kind: 'raw', hexDigits: word.length };
  const [, size, type = '', ...description] = word.split(':');
  return { kind: 'keyring', size: Number(size), type, description: description.join(':') };
}
