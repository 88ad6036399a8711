import type { Status } from '../targets/index.ts';
import type { Change } from './types.ts';

type SegmentChange = Extract<Change, { readonly segment: number; readonly before: Status }>;
type Sighted = 'at' | 'device' | 'segment' | 'before' | 'after';
type Unsighted<C> = C extends unknown ? Omit<C, Sighted> : never;

/** What changed in one segment: a change without its place, time and states. */
export type News = Unsighted<SegmentChange>;

type Detailed = { readonly leg: number } | { readonly path: string } | { readonly ratio: number };
type PlainKind = Exclude<News, Detailed>['kind'];

/** The one piece of news if `holds`, else none. */
export function newsIf(holds: boolean, kind: PlainKind): readonly News[] {
  return holds ? [{ kind }] : [];
}
