import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lockName } from '../../../../lib/workflows/system/lock.ts';

it('is readable for a volume', () => expect(lockName('vg/my-lv_0')).toBe('vg%2fmy-lv_0.lock'));

it('is one file name, whatever the subject', () => {
  const long = fc.string({ maxLength: 2000, unit: 'binary' });
  fc.assert(
    fc.property(fc.oneof(fc.string(), long), (subject) => {
      expect(lockName(subject)).toMatch(/^[A-Za-z0-9_+.%-]{0,200}\.lock$/);
    }),
  );
});

it('is another for another subject', () => {
  const subject = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'a/%2f.') }),
    fc.string({ minLength: 150, maxLength: 250, unit: fc.constantFrom('a', '/') }),
  );
  fc.assert(
    fc.property(subject, subject, (one, two) => {
      expect(lockName(one) === lockName(two)).toBe(one === two);
    }),
  );
});
