/** What is known of a volume that is to become another type of RAID. */
export interface Layout {
  /** Its type now, as `segtype` has it. */
  readonly type: string;
  /** Its images or stripes, parity included. */
  readonly images: number;
}

/**
 * What lvm would do first, in words, where it cannot go to a type in one step: it goes to another one and says so in
 * passing, with status 0. Null if it goes there at once, or not at all. As lib/metadata/raid_manip.c of lvm2 has it in
 * `_set_convenient_raid145610_segtype_to`.
 */
export function interimStep(
  { type, images }: Layout,
  to: string,
  stripes: number | undefined,
): string | null {
  const from = familyOf(type);
  const goal = familyOf(to);
  if (from === goal) return null;
  // From raid6_ls_6 to raid1 lvm 2.03.16 offers raid6_ls_6: there is no way but by raid5_ls, which one has to know.
  const become = (step: string): string | null =>
    isSameType(step, to) || isSameType(step, type) ? null : `become ${step}`;
  switch (from) {
    case 'linear':
      return become('raid1');
    case 'striped':
    case 'raid0':
      if (goal === 'raid6') return become(images < 3 ? 'raid5_n' : 'raid6_n_6');
      return ['raid4', 'raid10', 'striped', 'raid0'].includes(goal) ? null : become('raid5_n');
    case 'raid1':
      if (['striped', 'raid0', 'raid10'].includes(goal)) return become('raid5_n');
      return ['raid4', 'raid5', 'linear', 'mirror'].includes(goal) ? null : become('raid5_ls');
    case 'raid4':
    case 'raid5':
      return fromParity(canonical(type), images, to, stripes, become);
    case 'raid6':
      return fromRaid6(canonical(type), to, become);
    case 'raid10':
      return ['striped', 'raid0'].includes(goal) ? null : become('raid0_meta');
    default:
      return null;
  }
}

/** Whether two names are of one type: lvm has a short name for the usual layout of a level. */
export function isSameType(one: string, other: string): boolean {
  return canonical(one) === canonical(other);
}

/** How many devices of a layout may fail without loss. */
export function resilience({ type, images }: Layout): number {
  const family = familyOf(type);
  if (family === 'raid1' || family === 'mirror') return images - 1;
  if (family === 'raid6') return 2;
  return family === 'raid4' || family === 'raid5' || family === 'raid10' ? 1 : 0;
}

const aliases: Readonly<Record<string, string>> = {
  raid5: 'raid5_ls',
  raid6: 'raid6_zr',
  raid10: 'raid10_near',
};

function canonical(type: string): string {
  return aliases[type] ?? type;
}

function familyOf(type: string): string {
  return /^raid(?:10|[014-6])/.exec(type)?.[0] ?? type;
}

type Become = (step: string) => string | null;

function fromParity(
  type: string,
  images: number,
  to: string,
  stripes: number | undefined,
  become: Become,
): string | null {
  const goal = familyOf(to);
  const last = type === 'raid4' || type === 'raid5_n';
  if (goal === 'raid5') return become('raid5_n');
  if (goal === 'raid4') return last ? null : become('raid5_n');
  if (goal === 'raid1' || goal === 'linear')
    return images === 2 ? become('raid1') : 'get 2 images, which shrinks it';
  if (goal === 'raid6') {
    if (images < 4)
      return `get ${stripes !== undefined && stripes > 3 ? stripes + 1 : 4} images, which enlarges it`;
    return become(type === 'raid4' ? 'raid6_n_6' : type.replace(/^raid5_(.*)$/, 'raid6_$1_6'));
  }
  if (goal !== 'striped' && goal !== 'raid10' && goal !== 'raid0') return null;
  if (!last) return become('raid5_n');
  if (stripes !== undefined && stripes > 2 && stripes !== images - 1) return `get ${stripes + 1} images`;
  if (images < 3) return 'get 3 images, which enlarges it';
  return goal === 'raid10' ? become('raid0_meta') : null;
}

function fromRaid6(type: string, to: string, become: Become): string | null {
  const goal = familyOf(to);
  const last = type === 'raid6_n_6';
  const [, layout] = /^raid6_(n|ls|rs|la|ra)_6$/.exec(type) ?? [];
  if (goal === 'raid10') return become(last ? 'raid0_meta' : 'raid6_n_6');
  if (goal === 'linear') return become(last ? 'raid5_n' : 'raid6_n_6');
  if (goal === 'striped' || goal === 'raid0' || goal === 'raid4') return last ? null : become('raid6_n_6');
  if (goal === 'raid1') return become('raid6_ls_6');
  if (goal !== 'raid5') return null;
  return become(
    layout === undefined ? canonical(to).replace(/^raid5_(.*)$/, 'raid6_$1_6') : `raid5_${layout}`,
  );
}
