import { text, word } from '../option.ts';

/** How the extents of a volume are chosen (`--alloc`, lvm(8)). */
export const volumeAlloc = word('--alloc', [
  ...(['contiguous', 'cling', 'cling_by_tags', 'normal', 'anywhere', 'inherit'] as const),
]);

/** Read-ahead in sectors of 512 bytes, or `auto`, or `none` (`--readahead`). */
export const readAhead = text('--readahead', "'auto', 'none' or sectors", /^(?:auto|none|\d{1,9})$/);

/** Name of a metadata profile, without `.profile`, below /etc/lvm/profile (`--metadataprofile`). */
export const profileName = text('--metadataprofile', 'the name of a profile', /^[A-Za-z0-9_.+-]{1,127}$/);
