import type { DeviceStatus, StatusSegment } from '../device.ts';
import { type Status, summarize } from '../targets/index.ts';
import { type Health, type Summary, worstHealth } from '../targets/target.ts';
import { lvsPercent } from '../units.ts';

/** A device in a few words: its segments together, and what its own state adds. */
export function summarizeDevice(device: DeviceStatus): Summary {
  if (device.error !== null) return { health: 'warning', text: `gave no answer (${device.error.code})` };
  const inner = summarizeSegments(device.segments);
  const state = device.liveTable ? (device.suspended ? 'suspended: I/O is held back' : '') : 'has no table';
  if (state === '') return inner;
  return {
    ...inner,
    health: worstHealth([inner.health, 'warning']),
    text: [state, inner.text].filter((text) => text !== '').join(', '),
  };
}

/** Segments together: the worst health, its words first, and one bar. */
export function summarizeSegments(segments: readonly StatusSegment[]): Summary {
  const parts = segments.map(({ length, status }) => ({ length, status, summary: summarize(status) }));
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only.summary;
  const texts = severities.flatMap((health) => {
    const found = parts.filter(({ summary }) => summary.health === health).map(({ summary }) => summary.text);
    return [...new Set(found)].filter((text) => text !== '');
  });
  const more = texts.length - mostTexts;
  const bar = barOf(parts);
  return {
    health: worstHealth(parts.map(({ summary }) => summary.health)),
    text: [...texts.slice(0, mostTexts), ...(more > 0 ? [`and ${more} more`] : [])].join('; '),
    ...(bar === undefined ? {} : { bar }),
  };
}

/** What a status is, in a word: the kernel's target, for `raid` its level such as `raid1`. */
export function kindOf(status: Status): string {
  if (status.type === 'unknown') return status.target;
  return status.type === 'raid' ? status.raidType : status.type;
}

/** What a device is, in a few words: the kinds of its segments, each once. */
export function kindsOf({ segments }: DeviceStatus): string {
  return [...new Set(segments.map(({ status }) => kindOf(status)))].join('+');
}

const severities: readonly Health[] = ['failed', 'warning', 'busy', 'ok'];
const mostTexts = 3;
const synchronised = new Set<string>(['mirror', 'raid']);

interface Part {
  readonly length: number;
  readonly status: Status;
  readonly summary: Summary;
}

// By length. Beside a mirror or RAID that synchronises, the other segments count as done: so lvs counts a pvmove
// (lib/metadata/mirror.c, copy_percent).
function barOf(parts: readonly Part[]): Summary['bar'] {
  const isSync = parts.some(({ status }) => synchronised.has(status.type));
  if (
    isSync &&
    parts.some(({ status, summary }) => synchronised.has(status.type) && summary.bar === undefined)
  )
    return undefined;
  const counted = isSync ? parts : parts.filter(({ summary }) => summary.bar !== undefined);
  const whole = counted.reduce((sum, { length }) => sum + length, 0);
  if (whole === 0) return undefined;
  const done = counted.reduce((sum, { length, summary }) => sum + length * (summary.bar?.ratio ?? 1), 0);
  return { ratio: done / whole, percent: lvsPercent(Math.round(done), whole) };
}
