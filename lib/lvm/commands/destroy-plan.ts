import type { Question } from '../operation.ts';

/**
 * The question whether just these volumes may be destroyed: `allowDestroy` has to name them all, and no other. None if
 * nothing would be destroyed and nothing is named.
 */
export function asksToDestroy(
  plan: readonly string[],
  given: readonly string[] | undefined,
  cause: string,
): readonly Question[] {
  if (plan.length === 0 && given === undefined) return [];
  const allowed = new Set(given);
  const missing = plan.filter((name) => !allowed.has(name));
  const surplus = [...allowed].filter((name) => !plan.includes(name));
  const named = given === undefined ? 'is not given' : `is [${[...allowed].join(', ')}]`;
  return [
    {
      consent: 'allowDestroy',
      granted: missing.length === 0 && surplus.length === 0,
      certain: true,
      text: `${cause} would destroy [${plan.join(', ')}]; allowDestroy has to name just these, and ${named}`,
    },
  ];
}
