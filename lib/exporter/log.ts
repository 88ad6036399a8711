/** How much a line of the log matters, from least to most. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Takes what an exporter has to say: a sentence, and what it is about by name. */
export type Log = (
  level: LogLevel,
  message: string,
  fields?: Readonly<Record<string, string | number | boolean>>,
) => void;

/** The words of an error, for a log. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Tells each thing at most once a minute, by its key: what strangers do is not to fill a disk. */
export function seldom(): (key: string, tell: () => void) => void {
  const told = new Map<string, number>();
  return (key, tell) => {
    const now = performance.now();
    if (now - (told.get(key) ?? Number.NEGATIVE_INFINITY) < 60_000) return;
    if (told.size >= 100) told.clear();
    told.set(key, now);
    tell();
  };
}
