import { invalidType, requireInteger, requireOnly, requireSignal, requireTimeout } from '../arguments.ts';
import type { MonitorOptions } from './types.ts';

/** The checked options of a monitor, with their defaults. */
export interface Settings {
  readonly interval: number;
  readonly deadline: number;
  readonly watches: (name: string) => boolean;
  readonly thresholds: readonly number[];
  readonly hysteresis: number;
  readonly extentSectors: number;
  readonly keepAlive: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Checks every option; throws a TypeError or RangeError that names the wrong one. */
export function toSettings(options: MonitorOptions): Settings {
  requireOnly(options, known);
  const { interval = 1000, deadline = 1000, include = ['*'], exclude = [], keepAlive = false } = options;
  const { thresholds = [0.8, 0.9, 0.95], hysteresis = 0.02, extentSectors = 8192 } = options;
  if (typeof keepAlive !== 'boolean') throw invalidType('keepAlive', 'a boolean', keepAlive);
  const included = patternOf('include', include);
  const excluded = patternOf('exclude', exclude);
  return {
    interval: requireTimeout(interval),
    deadline: requireTimeout(deadline),
    watches: (name) => included(name) && !excluded(name),
    thresholds: requireRatios(thresholds),
    hysteresis: requireRatio('hysteresis', hysteresis),
    extentSectors: requireInteger('extentSectors', extentSectors, 1, 2 ** 32),
    keepAlive,
    signal: requireSignal(options.signal),
  };
}

const known = [
  'interval',
  'deadline',
  'include',
  'exclude',
  'thresholds',
  'hysteresis',
  'extentSectors',
  'keepAlive',
  'signal',
];

// Whether a name fits one of the globs, in which `*` stands for any text.
function patternOf(option: string, globs: unknown): (name: string) => boolean {
  if (!Array.isArray(globs) || globs.some((glob) => typeof glob !== 'string'))
    throw invalidType(option, 'an array of strings', globs);
  const patterns = (globs as readonly string[]).map((glob) => glob.split('*'));
  return (name) => patterns.some((parts) => fits(name, parts));
}

// The parts must follow one another; without a regular expression, whose time a glob could make explode.
function fits(name: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last))
    return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}

function requireRatios(thresholds: unknown): readonly number[] {
  if (!Array.isArray(thresholds)) throw invalidType('thresholds', 'an array of numbers', thresholds);
  return thresholds.map((ratio) => requireRatio('thresholds', ratio)).sort((one, other) => one - other);
}

function requireRatio(name: string, value: unknown): number {
  if (typeof value !== 'number') throw invalidType(name, 'a number', value);
  if (value >= 0 && value <= 1) return value;
  const error = new RangeError(`"${name}" must be from 0 to 1, not ${value}`);
  throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
}
