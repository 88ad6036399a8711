/**
 * Targets whose status can keep its caller in the kernel for as long as a metadata disk hangs: they wait for a
 * metadata lock, read metadata, or wait for a worker (`drivers/md/dm-thin.c`, `dm-cache-target.c`, `dm-clone-target.c`,
 * `dm-era-target.c`, `dm-vdo/`). NOFLUSH does not help.
 */
export const blockingTargets: ReadonlySet<string> = new Set([
  'thin-pool',
  'thin',
  'cache',
  'clone',
  'era',
  'vdo',
]);
