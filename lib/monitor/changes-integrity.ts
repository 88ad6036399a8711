import type { IntegrityStatus } from '../targets/integrity.ts';
import type { VerityStatus } from '../targets/verity.ts';
import { type News, newsIf } from './changes-news.ts';

/** What changed in an integrity device; its counter starts again at 0 with every table. */
export function integrityNews(before: IntegrityStatus, after: IntegrityStatus): readonly News[] {
  return newsIf(after.mismatches > before.mismatches, 'mismatches-found');
}

/** What changed in a verity device; only another table makes it whole again. */
export function verityNews(before: VerityStatus, after: VerityStatus): readonly News[] {
  return newsIf(!before.corrupted && after.corrupted, 'corrupted');
}
