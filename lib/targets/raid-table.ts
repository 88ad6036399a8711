import { type Fields, parseCount, quote } from '../fields.ts';

// Option words that stand alone; every other option of the constructor takes one value.
const bareOptions = new Set(['sync', 'nosync']);

/** Reads `<type> <count> <chunk> [<option>...] <count> (<metadata|-> <data|->)...`. */
export function readRaidTable(fields: Fields) {
  const raidType = fields.word('raid type');
  const [chunk = '', ...words] = fields.counted('raid parameters');
  const chunkSectors = parseCount(chunk);
  if (chunkSectors === undefined) fields.fail(`chunk size is ${quote(chunk)}, not a number`);
  const deviceCount = fields.integer('number of devices');
  return {
    /** The kernel's word, such as `raid1` or `raid5_ls`. */
    raidType,
    /** Sectors that go to one device before the next one's turn; 0 for raid1. */
    chunkSectors: chunkSectors ?? 0,
    /**
     * Each option with its value, if it has one, in the kernel's order: some may be given more than once.
     */
    options: optionsOf(words),
    /** `major:minor` of each leg's devices; null for the table's `-`. */
    devices: fields.list('devices', deviceCount, () => ({
      metadata: deviceOrNull(fields.word('metadata device')),
      data: deviceOrNull(fields.word('data device')),
    })),
  };
}

function optionsOf(words: readonly string[]): readonly (readonly [string] | readonly [string, string])[] {
  const options: (readonly [string] | readonly [string, string])[] = [];
  for (let index = 0; index < words.length; index++) {
    const name = words[index] ?? '';
    const value = bareOptions.has(name) ? undefined : words[++index];
    options.push(value === undefined ? [name] : [name, value]);
  }
  return options;
}

function deviceOrNull(word: string): string | null {
  return word === '-' ? null : word;
}
