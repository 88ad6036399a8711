import { describe, expect, it } from 'vitest';
import type { FailedDisk } from '../../../lib/workflows/replace/replace-find.ts';
import { refreshTag } from '../../../lib/workflows/replace/replace-note.ts';
import { titleOf } from '../../../lib/workflows/replace/replace-repair-step.ts';
import type { Replacement } from '../../../lib/workflows/replace/replace-steps.ts';
import { changesOf, warningsOf } from '../../../lib/workflows/replace/replace-words.ts';
import { groupOf, uuidOf } from './replace-group.ts';

const group = groupOf({ a: 10, b: 10 }, []);
const nothing: Replacement = {
  ...{ vg: 'vg', state: { groups: [group], orphans: [] }, disks: [], add: [], wipeSignatures: false },
  ...{ bases: new Map(), letGo: [], returned: [], stale: [], destroy: [], destroyWith: [], poolSpares: [] },
  ...{ repairs: { before: [], after: [], notes: [], forget: [] }, kept: [], blocked: [], remove: false },
  tell: [],
  await: [],
};

describe('what a plan says before', () => {
  it('names the write over a label: what, where, why, and that it cannot be undone', () => {
    const disk: FailedDisk = {
      ...{ uuid: uuidOf('a'), path: '/dev/sda', number: '8:0', kind: 'failing', why: 'cannot be read' },
    };
    const damage = { mirrors: [], lost: [], blocked: [], poolSpares: [] };
    const plan: Replacement = {
      ...nothing,
      letGo: [disk],
      disks: [{ ...disk, kind: 'missing' }],
      remove: true,
    };
    const changes = changesOf(group, damage, plan).join('\n');
    expect(changes).toMatch(
      /first 4 KiB of \/dev\/sda, .* overwritten with zeros.*only if the disk is missing/,
    );
    const warnings = warningsOf(plan).join('\n');
    expect(warnings).toMatch(
      /zeros over the label of \/dev\/sda cannot be undone.*not know it as a physical/,
    );
    expect(warnings).not.toContain('keeps its label');
  });

  it('names the tag of a leg that is back, if it stays as the sync is not waited for', () => {
    const leg = { volume: 'vg/r', refresh: 'vg/r', raids: ['vg/r'], tags: [refreshTag(uuidOf('a'))] };
    expect(warningsOf({ ...nothing, stale: [leg] }).join()).toMatch(
      `vg/r keeps the tag devmapper.replace:refreshed:${uuidOf('a')}, by which`,
    );
    const repairs = { ...nothing.repairs, forget: [leg] };
    expect(warningsOf({ ...nothing, stale: [leg], repairs })).toEqual([]);
  });

  it('names the disk of a log for what it is, where lvm is given a range of its extents', () => {
    const told = (devices: readonly string[]) => titleOf({ kind: 'repair', volume: 'vg/m', devices });
    expect(told(['/dev/sdd', '/dev/sdc:0-0'])).toBe(
      'replace what vg/m has lost, on /dev/sdd, its log on /dev/sdc',
    );
    expect(told(['/dev/sdc:7-7'])).toBe('replace what vg/m has lost, on /dev/sdc');
    expect(told(['/dev/disk/by-path/pci-0:1-x'])).toMatch('on /dev/disk/by-path/pci-0:1-x');
    expect(told([])).toMatch('where lvm finds room');
  });
});
