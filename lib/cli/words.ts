/**
 * A decoded record in words, `device 8:16, start 2048`: the fields in their order, nested ones in brackets. For
 * people; programs read the JSON.
 */
export function recordWords(record: object): string {
  return Object.entries(record)
    .filter(([key, value]) => key !== 'type' && key !== 'params' && !isNothing(value))
    .map(([key, value]) => `${spaced(key)} ${valueWords(value)}`)
    .join(', ');
}

function valueWords(value: unknown): string {
  if (Array.isArray(value)) {
    const isFlat = value.every((item) => typeof item !== 'object' || item === null);
    return value.map((item) => (isFlat ? String(item) : `(${valueWords(item)})`)).join(' ');
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'object' && value !== null ? recordWords(value) : String(value);
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

// chunkSectors -> chunk sectors
function spaced(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
