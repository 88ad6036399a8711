import type { Writable } from 'node:stream';
import type { Log, LogLevel } from '../exporter/log.ts';
import { printable } from '../view/printable.ts';

/** How the lines of a log look. */
export type LogFormat = 'logfmt' | 'json';

/** The levels of `--log.level`, from most lines to fewest. */
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** A log of lines with time (ISO 8601, UTC), level, message and fields, in the words of Prometheus' own (promslog). */
export function logLines(stream: Writable, least: LogLevel, format: LogFormat): Log {
  return (level, message, fields = {}) => {
    if (logLevels.indexOf(level) < logLevels.indexOf(least)) return;
    // A reader that does not read is no reason to keep all lines for it.
    if (stream.writableLength > mostUnread) return;
    const line = { time: new Date().toISOString(), level: level.toUpperCase(), msg: message, ...fields };
    stream.write(`${format === 'json' ? JSON.stringify(line) : logfmt(line)}\n`);
  };
}

/** Fields as logfmt: `key=value`, the value in quotes where it needs them, and never more than one line. */
export function logfmt(fields: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${quoted(String(value))}`)
    .join(' ');
}

const mostUnread = 1_048_576;

function quoted(text: string): string {
  if (/^[^\s="\\\p{C}]+$/u.test(text)) return text;
  const lines = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `"${printable(lines)}"`;
}
