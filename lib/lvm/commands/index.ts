import { linear } from './lvcreate-linear.ts';

/** All operations by the names of their functions: LVM's own commands, and in them one function a form. */
export const operations = {
  lvcreate: { linear },
} as const;
