import { run } from './lab.ts';

// The modules of targets whose module is not called dm-<target>, and dm-<target> does not name by an alias either.
const modules: Readonly<Record<string, string>> = {
  'thin-pool': 'dm-thin-pool',
  thin: 'dm-thin-pool',
  unstriped: 'dm-unstripe',
  'snapshot-origin': 'dm-snapshot',
  'snapshot-merge': 'dm-snapshot',
  ebs: 'dm-ebs',
};

/** Whether the kernel offers a target, after its module was asked for. */
export async function isOffered(target: string): Promise<boolean> {
  const module = modules[target] ?? `dm-${target}`;
  await run('modprobe', [module]).catch(() => undefined);
  return (await targetsOffered()).some(({ name }) => name === target);
}

/** What `dmsetup targets` shows: the targets of the loaded modules. */
export async function targetsOffered(): Promise<
  readonly { readonly name: string; readonly version: string }[]
> {
  const { stdout } = await run('dmsetup', ['targets']);
  return [...stdout.matchAll(/^(\S+) +v(\S+)$/gm)].map(([, name = '', version = '']) => ({ name, version }));
}
