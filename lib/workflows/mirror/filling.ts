/**
 * The tags of a mirror of type `mirror` until all its copies have been filled for the first time: without them nothing
 * tells it, once the copy that they are filled from is lost, from one whose last writes were under way. They name the PVs,
 * by their uuids, that have that copy; none given: whichever they are. Pure.
 */
export function fillingTags(pvUuids: readonly string[] = []): readonly string[] {
  return pvUuids.length === 0 ? [prefix] : [...new Set(pvUuids)].map((uuid) => `${prefix}:${uuid}`);
}

/** Those of a volume's tags that are such. Never throws. */
export function fillingIn(tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => tag === prefix || tag.startsWith(`${prefix}:`));
}

/**
 * The tag by which a mirror's other copies may lack what the lost one had; null if the copy that they are filled from is
 * among those on `good`, uuids of PVs. Pure.
 */
export function unfilledTag(tags: readonly string[], good: ReadonlySet<string>): string | null {
  return fillingIn(tags).find((tag) => tag === prefix || !good.has(tag.slice(prefix.length + 1))) ?? null;
}

/** What becomes of such a volume, in one sentence. Pure. */
export function fillingChange(volume: string): string {
  return `${volume} has a tag ${prefix} until its copies are in sync for the first time.`;
}

/** What such tags say, as the end of a sentence; empty if there are none. Pure. */
export function fillingText(tags: readonly string[]): string {
  const notes = fillingIn(tags);
  return notes.length === 0 ? '' : `; its tag ${notes.join(' and ')} says that they are being filled`;
}

const prefix = 'devmapper.filling';
