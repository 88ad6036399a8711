import { describe, expect, it } from 'vitest';
import { lvmDeviceName } from '../../../lib/names.ts';
import { inUseRefusal } from '../../../lib/workflows/replace/spare-users.ts';
import type { User } from '../../../lib/workflows/system/users.ts';

const holder = (vg: string, lv: string): User => ({
  kind: 'holder',
  text: `is used by ${lvmDeviceName(vg, lv)} (dm-3)`,
});
const nextOf = (vg: string, users: readonly User[]): string | undefined =>
  inUseRefusal(vg, '/dev/sdb', users)?.next;

describe('a disk that something uses', () => {
  it('by volumes of the group that have lost it, is let go by that group', () => {
    expect(nextOf('a', [holder('a', 'data'), holder('a', 'm_mimage_0')])).toContain(
      'vgreduce --removemissing --mirrorsonly --force a"',
    );
    expect(nextOf('hot-rack', [holder('hot-rack', 'm')])).toContain('--force hot-rack"');
  });

  it('by anything else, be it a group whose name begins alike, is not to be used', () => {
    const others: readonly User[] = [
      holder('a-b', 'data'),
      holder('a-', 'data'),
      { kind: 'holder', text: 'is used by md0' },
      { kind: 'holder', text: 'is used by a (dm-3)' },
      { kind: 'mount', text: 'is mounted on /srv' },
      { kind: 'holder', text: 'has sdb1, which is used by a-data (dm-3)' },
    ];
    for (const user of others) {
      expect(nextOf('a', [user])).toBe('Give a disk that nothing uses.');
      expect(nextOf('a', [holder('a', 'data'), user])).toBe('Give a disk that nothing uses.');
    }
  });

  it('is none without users', () => expect(inUseRefusal('a', '/dev/sdb', [])).toBeNull());
});
