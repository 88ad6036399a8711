import { invalidType, requireOnly } from '../../arguments.ts';
import { type Option, option } from '../option.ts';

/** Settings by their names for lvm; `default` takes one away. */
export type Settings<K extends string = string> = { readonly [Name in K]?: number | string | undefined };

/** Names of a cache policy's settings are the kernel's, of any policy: any word. */
export const cacheKeys = null;

/** What lvm knows of dm-writecache; of another it would ask (tools/toollib.c, _get_one_writecache_setting). */
export const writecacheKeys = [
  ...(['high_watermark', 'low_watermark', 'writeback_jobs', 'autocommit_blocks', 'autocommit_time'] as const),
  ...(['fua', 'nofua', 'cleaner', 'max_age'] as const),
] as const;

/** What lvmvdo(7) names. */
export const vdoKeys = [
  ...([
    'ack_threads',
    'bio_rotation',
    'bio_threads',
    'block_map_cache_size_mb',
    'block_map_era_length',
  ] as const),
  ...(['block_map_period', 'check_point_frequency', 'cpu_threads', 'hash_zone_threads'] as const),
  ...([
    'index_memory_size_mb',
    'logical_threads',
    'max_discard',
    'physical_threads',
    'slab_size_mb',
  ] as const),
  ...(['use_metadata_hints', 'use_sparse_index', 'write_policy', 'minimum_io_size'] as const),
] as const;

/** An option that takes settings, `name=value` for lvm, of these names or, with null, of any. */
export function settings<const K extends string = string>(
  flag: string,
  names: readonly K[] | null,
): Option<Settings<K>> {
  const takes = names === null ? 'settings by name' : `settings: ${names.join(', ')}`;
  return option(flag, takes, (value, key) => {
    const given = value as Readonly<Record<string, unknown>>;
    requireOnly(given, names ?? Object.keys(Object(given)), key);
    const words = Object.entries(given).flatMap(([name, one]) =>
      one === undefined ? [] : [word(key, name, one)],
    );
    if (words.length === 0) throw invalidType(key, 'an object with a setting', value);
    return [flag, words.join(' ')];
  });
}

/** What is wrong with the settings that a report shows, `name=value` each; null if they have the wanted ones. */
export function settingsProblem(found: readonly string[] | undefined, wanted: Settings = {}): string | null {
  for (const [name, value] of Object.entries(wanted)) {
    const shown = found?.find((one) => one.startsWith(`${name}=`));
    if (value === undefined || shown === (value === 'default' ? undefined : `${name}=${value}`)) continue;
    return `has ${shown ?? `no ${name}`}, not ${name}=${value}`;
  }
  return null;
}

function word(key: string, name: string, value: unknown): string {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw invalidType(key, 'settings whose names are words', name);
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text === 'string' && /^[A-Za-z0-9_.-]{1,62}$/.test(text)) return `${name}=${text}`;
  throw invalidType(`${key}.${name}`, 'an integer or a word', value);
}
