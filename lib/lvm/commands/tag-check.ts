/** What is wrong with an object that was to get these tags; null if it has them. A leading `@` is none of the tag. */
export function hasTags(found: readonly string[], wanted: readonly string[] | undefined): string | null {
  const missing = wanted?.map(bare).find((tag) => !found.includes(tag));
  return missing === undefined ? null : `has not the tag ${missing}`;
}

/** What is wrong with an object that was to lose these tags, but for those that it got at the same time. */
export function lacksTags(
  found: readonly string[],
  unwanted: readonly string[] | undefined,
  wanted: readonly string[] | undefined,
): string | null {
  const kept = (wanted ?? []).map(bare);
  const left = unwanted?.map(bare).find((tag) => found.includes(tag) && !kept.includes(tag));
  return left === undefined ? null : `has the tag ${left} still`;
}

function bare(tag: string): string {
  return tag.replace(/^@/, '');
}
