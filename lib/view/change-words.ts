import type { StatusSegment } from '../device.ts';
import type { Change } from '../monitor/types.ts';
import { unmangle } from '../names.ts';
import { type Status, summarize } from '../targets/index.ts';
import type { Health, Summary } from '../targets/target.ts';
import { formatSectors } from '../units.ts';
import { kindOf, summarizeSegments } from './summary.ts';

/** What happened, in words, with before and after where both say something: `leg 1 failed: in sync -> degraded`. */
export function changeWords(change: Change): string {
  switch (change.kind) {
    case 'device-added':
      return `added: ${join(kinds(change.after.segments), size(change.after.segments), state(change.after.segments))}`;
    case 'device-removed':
      return `removed: ${join(kinds(change.before.segments), state(change.before.segments))}`;
    case 'device-renamed':
      return `renamed: ${unmangle(change.before)} -> ${unmangle(change.after)}`;
    case 'device-resized':
      return `resized: ${formatSectors(change.before)} -> ${formatSectors(change.after)}`;
    case 'device-suspended':
      return 'suspended: I/O is held back';
    case 'device-resumed':
      return 'resumed';
    case 'table-replaced':
      return `table replaced: ${kinds(change.before)} -> ${kinds(change.after)}`;
    case 'merge-finished':
      return `merged: ${statusWords(change.before)} -> done`;
    case 'progressed':
      return `${statusWords(change.after)}${where(change.segment)}`;
    case 'usage-above':
    case 'usage-below': {
      const side = change.kind === 'usage-above' ? 'above' : 'below';
      const usage = change.usage === 'snapshot' ? 'usage' : `${change.usage} usage`;
      return `${usage} ${side} ${percent(change.threshold)} %: ${percent(change.ratio)}${where(change.segment)}`;
    }
    case 'stale':
      return `stale: ${change.error.message}`;
    case 'overflowed':
      return `${change.dropped} changes are missing: they came faster than they were read`;
    case 'fresh':
      return `fresh again: silent for ${seconds(change.at - change.since)} s`;
    default: {
      const { before, after } = change;
      return `${headline(change)}${where(change.segment)}: ${statusWords(before)} -> ${statusWords(after)}`;
    }
  }
}

/** How grave a change is, for its colour. What it says must not depend on it. */
export function changeHealth(change: Change): Health {
  return healthOf[change.kind] ?? 'ok';
}

const healthOf: Readonly<Partial<Record<Change['kind'], Health>>> = {
  'leg-failed': 'failed',
  'snapshot-invalid': 'failed',
  'merge-failed': 'failed',
  'out-of-data-space': 'failed',
  'target-failed': 'failed',
  corrupted: 'failed',
  degraded: 'warning',
  'device-suspended': 'warning',
  'out-of-sync': 'warning',
  'snapshot-overflowed': 'warning',
  'mode-changed': 'warning',
  'needs-check': 'warning',
  'metadata-low': 'warning',
  'log-failed': 'warning',
  overflowed: 'warning',
  'path-failed': 'warning',
  'mismatches-found': 'warning',
  'usage-above': 'warning',
  stale: 'warning',
  progressed: 'busy',
  'sync-started': 'busy',
  'merge-started': 'busy',
};

type SegmentChange = Extract<Change, { before: Status; after: Status }>;

function headline(change: SegmentChange): string {
  switch (change.kind) {
    case 'leg-failed':
      return `leg ${change.leg} failed`;
    case 'leg-recovered':
      return `leg ${change.leg} recovered`;
    case 'path-failed':
      return `path ${change.path} failed`;
    case 'path-restored':
      return `path ${change.path} restored`;
    default:
      return change.kind.replaceAll('-', ' ');
  }
}

// Most devices have one segment, which needs no number.
function where(segment: number): string {
  return segment === 0 ? '' : ` (segment ${segment})`;
}

function statusWords(status: Status): string {
  return summaryWords(summarize(status));
}

function state(segments: readonly StatusSegment[]): string {
  return segments.length === 0 ? 'no table' : summaryWords(summarizeSegments(segments));
}

function summaryWords({ text, health, bar }: Summary): string {
  const words = text === '' ? health : text;
  return bar === undefined ? words : `${words} ${bar.percent}%`;
}

function kinds(segments: readonly StatusSegment[]): string {
  return [...new Set(segments.map(({ status }) => kindOf(status)))].join('+') || 'no table';
}

function size(segments: readonly StatusSegment[]): string {
  const last = segments.at(-1);
  return last === undefined ? '' : formatSectors(last.start + last.length);
}

function join(...parts: readonly string[]): string {
  return [...new Set(parts)].filter((part) => part !== '').join(', ');
}

// 0.9 -> 90, 0.9125 -> 91.25
function percent(ratio: number): string {
  return String(Number((ratio * 100).toFixed(2)));
}

function seconds(milliseconds: number): string {
  return (Math.max(0, milliseconds) / 1000).toFixed(1);
}
