import type { LvmObject } from './log.ts';

/** What came of a command that lvm carried out. */
export interface LvmResult {
  /** Everything that was run, the program first. */
  readonly command: readonly string[];
  /** Whether anything is different from before, by what lvm's own report says; false if all was as wanted. */
  readonly changed: boolean;
  /** What lvm says of each object that it processed. */
  readonly objects: readonly (LvmObject & { readonly succeeded: boolean })[];
  /** What lvm had to say, such as how a size was rounded. */
  readonly notes: readonly string[];
  /** What lvm warned of. */
  readonly warnings: readonly string[];
  /** Milliseconds that the command ran, without the looks before and after. */
  readonly duration: number;
}
