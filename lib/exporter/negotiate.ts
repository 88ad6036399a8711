import type { Format } from './encode.ts';

/** The format that an Accept header wants most, of those there are; text for none, or one that wants neither. */
export function negotiate(accept: string | undefined): {
  readonly format: Format;
  readonly contentType: string;
} {
  let best: Format = 'text';
  let quality = 0;
  for (const range of (accept ?? '').split(',').slice(0, mostRanges)) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const format = formatOf(type, parameters);
    const wanted = qualityOf(parameters);
    if (format !== undefined && wanted > quality) [best, quality] = [format, wanted];
  }
  return { format: best, contentType: contentTypes[best] };
}

const contentTypes: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

// Prometheus sends five.
const mostRanges = 32;

function formatOf(type: string, parameters: readonly string[]): Format | undefined {
  const version = parameters.find((each) => each.startsWith('version='))?.slice('version='.length);
  if (type === 'application/openmetrics-text')
    return version === undefined || version === '1.0.0' || version === '0.0.1' ? 'openmetrics' : undefined;
  if (type === 'text/plain') return version === undefined || version === '0.0.4' ? 'text' : undefined;
  return type === 'text/*' || type === '*/*' ? 'text' : undefined;
}

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((each) => each.startsWith('q='));
  if (given === undefined) return 1;
  const quality = /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(given) ? Number(given.slice(2)) : 0;
  return quality;
}
