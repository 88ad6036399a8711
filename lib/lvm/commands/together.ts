/** Throws a TypeError if one of these options is given with one of those: lvm takes either, not both. */
export function requireApart(options: object, these: readonly string[], those: readonly string[]): void {
  const given = (names: readonly string[]): string | undefined =>
    names.find((name) => (options as Readonly<Record<string, unknown>>)[name] !== undefined);
  const [one, other] = [given(these), given(those)];
  if (one === undefined || other === undefined) return;
  throw Object.assign(new TypeError(`"${one}" must be left out with "${other}"`), {
    code: 'ERR_INVALID_ARG_VALUE',
  });
}
