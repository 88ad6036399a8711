import { invalidType } from '../arguments.ts';
import {
  rangesArgument,
  requireDevice,
  requireGroup,
  requireNewVolume,
  requireVolume,
  type VolumeName,
  withoutRanges,
} from './names.ts';

/** What a command is about: the first argument of its function. */
export interface Subject<T> {
  /** What it is, in words for the documentation. */
  readonly takes: string;
  /** Checks it and says where it goes on the command line. Throws an `LvmNameError` or TypeError. */
  parse(value: T): Place;
}

/** Where on the command line a subject goes, and what it touches. */
export interface Place {
  /** The groups that are looked at before and after, and whose turn the command waits for. */
  readonly groups: readonly string[];
  /** The volumes it names. */
  readonly volumes: readonly VolumeName[];
  /** The devices it names, by their paths. */
  readonly devices: readonly string[];
  /** Options that it becomes. */
  readonly flags: readonly string[];
  /** Operands that it becomes, behind `--`. */
  readonly operands: readonly string[];
}

const nothing: Place = { groups: [], volumes: [], devices: [], flags: [], operands: [] };

/** No subject: the command is about all there is. */
export const everything: Subject<void> = { takes: '', parse: () => nothing };

/** A volume group. */
export const group: Subject<string> = {
  takes: 'vg',
  parse(value) {
    const vg = requireGroup('vg', value);
    return { ...nothing, groups: [vg], operands: [vg] };
  },
};

/** One volume group or several. */
export const groups: Subject<string | readonly string[]> = {
  takes: 'vg, or a list',
  parse(value) {
    const names = listed('vg', value).map((one, index) => requireGroup(`vg[${index}]`, one));
    return { ...nothing, groups: names, operands: names };
  },
};

/** A logical volume. */
export const volume: Subject<string> = {
  takes: 'vg/lv',
  parse(value) {
    const name = requireVolume('volume', value);
    return { ...nothing, groups: [name.vg], volumes: [name], operands: [`${name.vg}/${name.lv}`] };
  },
};

/** One logical volume or several, of any groups. */
export const volumes: Subject<string | readonly string[]> = {
  takes: 'vg/lv, or a list',
  parse(value) {
    const names = listed('volume', value).map((one, index) => requireVolume(`volume[${index}]`, one));
    return {
      ...nothing,
      groups: [...new Set(names.map(({ vg }) => vg))],
      volumes: names,
      operands: names.map(({ vg, lv }) => `${vg}/${lv}`),
    };
  },
};

/** A logical volume that is to be made. */
export const newVolume: Subject<string> = {
  takes: 'vg/lv, a new name',
  parse(value) {
    const name = requireNewVolume('volume', value);
    return {
      ...nothing,
      groups: [name.vg],
      volumes: [name],
      flags: ['--name', name.lv],
      operands: [name.vg],
    };
  },
};

/** One device or several. */
export const devices: Subject<string | readonly string[]> = {
  takes: 'a device, or a list',
  parse(value) {
    const paths = listed('device', value).map((one, index) => requireDevice(`device[${index}]`, one));
    return { ...nothing, devices: paths, operands: paths };
  },
};

/** One device, or with `ranges` some of its extents (`/dev/sdb:0-99`). */
export function device(ranges: 'ranges' | 'whole' = 'whole'): Subject<string> {
  return {
    takes: ranges === 'ranges' ? 'a device, or `/dev/sdb:0-99`' : 'a device',
    parse(value) {
      const path = requireDevice('device', value, ranges);
      if (ranges === 'whole') return { ...nothing, devices: [path], operands: [path] };
      return { ...nothing, devices: [withoutRanges(path)], operands: [rangesArgument(path)] };
    },
  };
}

function listed(name: string, value: unknown): readonly unknown[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length > 0) return list;
  throw invalidType(name, 'a name or a list of names', value);
}
