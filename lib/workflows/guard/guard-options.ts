import { invalidType, requireInteger, requireOnly } from '../../arguments.ts';
import { type Bytes, toBytes } from '../../lvm/sizes.ts';

/** When something that fills up is extended, and how far; checked, with its defaults. */
export interface GuardSettings {
  /** 0 to 1. */
  readonly threshold: number;
  /** Milliseconds. */
  readonly headroom: number;
  readonly step: { readonly bytes: bigint } | { readonly percent: number };
  /** Bytes; null: as much as is of use. */
  readonly budget: bigint | null;
  /** Bytes; null: as much as is of use. */
  readonly maximum: bigint | null;
  /** Milliseconds. */
  readonly notice: number;
}

/** What several parts may grow by in all, and have in all; bytes, null: no bound. */
export type GuardTotal = Pick<GuardSettings, 'budget' | 'maximum'>;

/** When something that fills up is extended, and how far. */
export interface GuardLine {
  /** How full, 0 to 1, it may be before it is extended; default 0.7. */
  readonly threshold?: number | undefined;
  /**
   * Milliseconds for which there has to be room at the present rate of writing, beyond twice what lvextend was seen to
   * take; default 2000.
   */
  readonly headroom?: number | undefined;
  /** What it grows by at least: bytes, or a share of its size in percent; default 20 %. */
  readonly step?: Bytes | { readonly percent: number } | undefined;
  /** Bytes that it may grow by in all; default: as much as is of use. */
  readonly budget?: Bytes | undefined;
  /** Bytes that it may have at most; default: as much as is of use. */
  readonly maximum?: Bytes | undefined;
  /** So many milliseconds ahead it says that it will not be able to; default 60,000. */
  readonly notice?: number | undefined;
}

/** The keys of {@link GuardLine}. */
export const guardSettingKeys = ['threshold', 'headroom', 'step', 'budget', 'maximum', 'notice'] as const;

/** Checks a line and fills in its defaults. Throws a TypeError or RangeError that names the wrong option. */
export function toGuardSettings(line: GuardLine, prefix = ''): GuardSettings {
  const { threshold = 0.7, headroom = 2000, step = { percent: 20 }, budget, maximum, notice = 60_000 } = line;
  if (typeof threshold !== 'number') throw invalidType(`${prefix}threshold`, 'a number', threshold);
  if (!(threshold > 0 && threshold < 1))
    throw Object.assign(
      new RangeError(`"${prefix}threshold" must be above 0 and below 1, not ${threshold}`),
      { code: 'ERR_OUT_OF_RANGE' },
    );
  return {
    ...toGuardTotal({ budget, maximum }, prefix),
    threshold,
    headroom: requireInteger(`${prefix}headroom`, headroom, 0, 86_400_000),
    step: stepOf(`${prefix}step`, step),
    notice: requireInteger(`${prefix}notice`, notice, 0, 86_400_000),
  };
}

/** Checks what parts may grow by and have. Throws a TypeError or RangeError that names the wrong option. */
export function toGuardTotal(
  { budget, maximum }: Pick<GuardLine, 'budget' | 'maximum'>,
  prefix = '',
): GuardTotal {
  return {
    budget: budget === undefined ? null : toBytes(`${prefix}budget`, budget),
    maximum: maximum === undefined ? null : toBytes(`${prefix}maximum`, maximum),
  };
}

function stepOf(name: string, step: unknown): GuardSettings['step'] {
  if (typeof step !== 'object' || step === null) return { bytes: toBytes(name, step) };
  requireOnly(step, ['percent'], name);
  return { percent: requireInteger(`${name}.percent`, (step as { percent?: unknown }).percent, 1, 10_000) };
}
