import { LvmError } from '../../../lib/lvm/index.ts';

/** The error of a call that has to fail. Throws if it does not, and what it failed with if that is no `LvmError`. */
export async function failureOf(call: Promise<unknown>): Promise<LvmError> {
  const value: unknown = await call.catch((error: unknown) => error);
  if (value instanceof LvmError) return value;
  if (value instanceof Error) throw value;
  throw new Error('it did not fail');
}
