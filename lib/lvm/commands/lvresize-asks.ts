import type { LvRow } from '../columns/lv.ts';
import type { Question } from '../operation.ts';
import type { ResizeFs } from './lvresize-options.ts';

/** The consents of what resizes, and what makes them necessary. */
export interface ResizeAnswers {
  readonly resizeFs?: ResizeFs | undefined;
  readonly fsMode?: 'nochange' | 'offline' | 'manage' | undefined;
  readonly allowUnmount?: boolean | undefined;
  readonly allowShrink?: boolean | undefined;
  readonly allowInUse?: boolean | undefined;
}

/** What lvm may ask of a file system: whether to unmount or mount it. With `fsMode` lvm does so without a question. */
export function asksForFileSystem(
  row: LvRow | undefined,
  given: ResizeAnswers,
  shrinks: boolean,
): readonly Question[] {
  if (!resizes(given.resizeFs)) return [];
  const open = row?.deviceOpen === true;
  return [
    {
      consent: 'allowUnmount',
      granted: given.allowUnmount === true,
      certain: given.fsMode === 'offline' || given.fsMode === 'manage' || (shrinks && open),
      text: `the file system on ${nameOf(row)} ${open ? 'is in use and ' : ''}may have to be unmounted, or mounted, to be resized; set allowUnmount to true, or unmount it first`,
    },
  ];
}

/**
 * What shrinking takes that shrinks no file system: lvm asks only of an active volume, and cuts off the end of an
 * inactive one without a word.
 */
export function asksToShrink(row: LvRow | undefined, given: ResizeAnswers): readonly Question[] {
  if (resizes(given.resizeFs) || given.resizeFs === 'checksize') return [];
  const shrink: Question = {
    consent: 'allowShrink',
    granted: given.allowShrink === true,
    certain: true,
    text: `${nameOf(row)} would become smaller, and what is at its end lost; set allowShrink to true, or resizeFs to shrink a file system first`,
  };
  if (row?.deviceOpen !== true) return [shrink];
  const open: Question = {
    consent: 'allowInUse',
    granted: given.allowInUse === true,
    certain: true,
    text: `something has ${nameOf(row)} open and would lose what is at its end; close it first, or set allowInUse to true`,
  };
  return [shrink, open];
}

function resizes(how: ResizeFs | undefined): boolean {
  return how === true || how === 'resize' || how === 'resize_fsadm';
}

function nameOf(row: LvRow | undefined): string {
  return row?.fullName ?? 'the volume';
}
