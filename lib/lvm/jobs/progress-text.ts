/** A line of progress that lvm writes in the foreground. */
export interface ProgressLine {
  /** `vg/lv`, or of a pvmove the device that is emptied. */
  readonly subject: string;
  readonly action: 'copy' | 'move' | 'merge';
  /** 0 to 100, with lvm's two decimals. */
  readonly percent: number;
}

/**
 * Reads a line such as `  vg/a: Converted: 43.33%` (tools/polldaemon.c, tools/pvmove_poll.c); null for any other line.
 * Never throws.
 */
export function parseProgressLine(line: string): ProgressLine | null {
  const [, subject = '', word = '', number] =
    /^\s*(\S[^\n]{0,4200}?): (Converted|Moved|Merged): (\d{1,3}(?:\.\d{1,6})?)%\s*$/.exec(line) ?? [];
  const action = actions.get(word);
  const percent = Number(number);
  return action === undefined || !(percent <= 100) ? null : { subject, action, percent };
}

const actions: ReadonlyMap<string, ProgressLine['action']> = new Map([
  ['Converted', 'copy'],
  ['Moved', 'move'],
  ['Merged', 'merge'],
]);
