/**
 * A bar of `width` columns. Anything above 0 shows, and only a ratio of 1 fills it, as in the percentage beside it.
 * Whole and half blocks only, which also the kernel's own console has; `#` and `.` without Unicode.
 */
export function bar(ratio: number, width: number, unicode: boolean): string {
  if (width <= 0) return '';
  const [full, half, empty] = unicode ? ['█', '▌', '░'] : ['#', '', '.'];
  const steps = unicode ? width * 2 : width;
  const exact = Math.round(Math.min(1, Math.max(0, ratio)) * steps);
  const filled = ratio >= 1 ? steps : Math.min(steps - 1, Math.max(ratio > 0 ? 1 : 0, exact));
  const whole = unicode ? Math.floor(filled / 2) : filled;
  const middle = unicode && filled % 2 === 1 ? half : '';
  return `${full.repeat(whole)}${middle}${empty.repeat(width - whole - middle.length)}`;
}
