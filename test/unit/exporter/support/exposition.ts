import type { Format } from '../../../../lib/exporter/encode.ts';

/** A line with a value: all labels as they were before escaping. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: string;
}

/** One family of an exposition. */
export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string | undefined;
  readonly samples: readonly ParsedSample[];
}

/**
 * Reads an exposition by the letter of its specification (prometheus/docs exposition_formats.md, OpenMetrics 1.0), as
 * far as gauges, counters and infos go. Throws an Error at the first thing that is not as it says, and at a series that
 * is there twice.
 */
export function parseExposition(body: string, format: Format): readonly ParsedFamily[] {
  if (body === '' && format === 'text') return [];
  if (!body.endsWith('\n')) throw new Error('the last line does not end');
  const lines = body.slice(0, -1).split('\n');
  if (format === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('no EOF');
  const families: { -readonly [K in keyof ParsedFamily]: ParsedFamily[K] }[] = [];
  const seen = new Set<string>();
  let samples: ParsedSample[] = [];
  let open: Partial<{ name: string; type: string; help: string; unit: string }> = {};

  const close = (): void => {
    if (open.name === undefined) return;
    const { name, type, help, unit } = open;
    if (type === undefined || help === undefined) throw new Error(`${name} has no type or no help`);
    if (samples.length === 0) throw new Error(`${name} has no samples`);
    if (families.some((family) => family.name === name)) throw new Error(`${name} is there twice`);
    families.push({ name, type, help, unit, samples });
    samples = [];
    open = {};
  };

  for (const line of lines) {
    const head = /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/s.exec(line);
    if (head !== null) {
      const [, keyword = '', name = '', text = ''] = head;
      if (name !== open.name) close();
      if (samples.length > 0) throw new Error(`${keyword} of ${name} stands after its samples`);
      open.name = name;
      const key = keyword.toLowerCase() as 'help' | 'type' | 'unit';
      if (open[key] !== undefined) throw new Error(`${keyword} of ${name} is there twice`);
      open[key] = key === 'help' ? unescaped(text, format === 'text' ? 'help' : 'label') : text;
      if (key === 'unit' && !name.endsWith(`_${text}`))
        throw new Error(`the unit ${text} is not the end of ${name}`);
      continue;
    }
    if (line.startsWith('#')) throw new Error(`no comment is expected: ${line}`);
    const sample = parseSample(line);
    const { name = '', type = '' } = open;
    if (sample.name !== sampleName(name, type, format))
      throw new Error(`${sample.name} stands among ${type} ${name}`);
    if (type === 'info' && sample.value !== '1') throw new Error(`the info ${name} is ${sample.value}`);
    if (type === 'counter' && !/^\d+$/.test(sample.value))
      throw new Error(`the counter ${name} is ${sample.value}`);
    const key = JSON.stringify([sample.name, [...sample.labels].sort()]);
    if (seen.has(key)) throw new Error(`there twice: ${line}`);
    seen.add(key);
    samples.push(sample);
  }
  close();
  return families;
}

const types: Readonly<Record<Format, ReadonlySet<string>>> = {
  text: new Set(['gauge', 'counter']),
  openmetrics: new Set(['gauge', 'counter', 'info']),
};

function sampleName(family: string, type: string, format: Format): string {
  if (!types[format].has(type)) throw new Error(`${family} is a ${type}`);
  if (format === 'text') {
    if ((type === 'counter') !== family.endsWith('_total')) throw new Error(`${family} is a ${type}`);
    return family;
  }
  if (/_(total|info)$/.test(family)) throw new Error(`${family} has an ending that its samples must have`);
  return type === 'counter' ? `${family}_total` : type === 'info' ? `${family}_info` : family;
}

function parseSample(line: string): ParsedSample {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
  if (name === undefined) throw new Error(`no name: ${line}`);
  const labels = new Map<string, string>();
  let at = name.length;
  if (line[at] === '{') {
    at++;
    while (line[at] !== '}') {
      const label = /^,?([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"/s.exec(line.slice(at));
      if (label === null) throw new Error(`no label at ${at}: ${line}`);
      const [all, key = '', value = ''] = label;
      if (all.startsWith(',') !== labels.size > 0) throw new Error(`a comma too few or too many: ${line}`);
      if (labels.has(key)) throw new Error(`label ${key} is there twice: ${line}`);
      if (value === '') throw new Error(`label ${key} is empty, which is none: ${line}`);
      labels.set(key, unescaped(value, 'label'));
      at += all.length;
    }
    at++;
  }
  const value = / (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/.exec(line);
  if (value === null || value.index !== at) throw new Error(`no value: ${line}`);
  return { name, labels, value: value[1] ?? '' };
}

function unescaped(text: string, place: 'label' | 'help'): string {
  return text.replace(/\\(.?)/gs, (_, next: string) => {
    if (next === 'n') return '\n';
    if (next === '\\' || (next === '"' && place === 'label')) return next;
    throw new Error(`\\${next} is no escape: ${text}`);
  });
}
