import type { FamilySamples, FamilyType, Sample } from './family.ts';

/** Prometheus' text format 0.0.4, or OpenMetrics 1.0. */
export type Format = 'text' | 'openmetrics';

/** Families as the body of an answer. Every series is named alike in both formats; bigints keep all digits. */
export function encode(families: readonly FamilySamples[], format: Format): string {
  return [...encodeParts(families, format)].join('');
}

/** The same in parts, none of more than some hundred series, so that who makes a body can let others go first. */
export function* encodeParts(families: readonly FamilySamples[], format: Format): Generator<string> {
  for (const family of families) {
    const { name, samples } = family;
    yield format === 'text' ? textHead(family) : openMetricsHead(family);
    for (let from = 0; from < samples.length; from += mostInPart)
      yield linesOf(name, samples.slice(from, from + mostInPart));
  }
  if (format === 'openmetrics') yield '# EOF\n';
}

const mostInPart = 500;

function textHead({ name, type, help }: FamilySamples): string {
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type === 'counter' ? type : 'gauge'}\n`;
}

function openMetricsHead({ name, type, help, unit }: FamilySamples): string {
  const family = name.replace(suffixes[type] ?? '', '');
  // An info must not have a unit; and one need not be named where it is none of the base units.
  const unitLine = unit === undefined || type === 'info' ? '' : `# UNIT ${family} ${unit}\n`;
  return `# HELP ${family} ${escapeLabel(help)}\n# TYPE ${family} ${openMetricsTypes[type]}\n${unitLine}`;
}

const suffixes: Partial<Record<FamilyType, RegExp>> = { counter: /_total$/, info: /_info$/ };

// The label of OpenMetrics' own stateset has the name of the family: a query would depend on the format of the scrape.
const openMetricsTypes: Record<FamilyType, string> = {
  gauge: 'gauge',
  counter: 'counter',
  info: 'info',
  stateset: 'gauge',
};

function linesOf(name: string, samples: readonly Sample[]): string {
  let lines = '';
  for (const { labels, value } of samples) lines += `${name}${labelsOf(labels)} ${numberOf(value)}\n`;
  return lines;
}

function labelsOf(labels: Sample['labels']): string {
  let text = '';
  for (const name in labels) {
    const value = labels[name] ?? '';
    // An empty label is the same as none.
    if (value !== '') text += `${text === '' ? '{' : ','}${name}="${escapeLabel(value)}"`;
  }
  return text === '' ? '' : `${text}}`;
}

function numberOf(value: Sample['value']): string {
  if (typeof value === 'bigint' || Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

// Few texts have anything to escape.
function escapeLabel(text: string): string {
  return /[\\\n"]/.test(text) ? escapeHelp(text).replaceAll('"', '\\"') : text;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
