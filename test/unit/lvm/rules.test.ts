import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../../lib/lvm/classify.ts';
import { parseLog } from '../../../lib/lvm/log.ts';
import { isNoise } from '../../../lib/lvm/noise.ts';
import { parsePrompts } from '../../../lib/lvm/questions.ts';
import { lvmReasons } from '../../../lib/lvm/reasons.ts';
import { causes, hints } from '../../../lib/lvm/rules.ts';
import { failures } from './failures.ts';

const noiseLines = [
  "WARNING: Couldn't find device with uuid bd85Tr-HfKN-Ob4l-ogxe-LACU-7Ouj-A3NiPN.",
  'WARNING: VG vg is missing PV bd85Tr-HfKN-Ob4l-ogxe-LACU-7Ouj-A3NiPN (last written to [unknown]).',
  "WARNING: Couldn't find all devices for LV vg/r_rimage_0 while checking used and assumed devices.",
  'WARNING: Sum of all thin volume sizes (1.00 GiB) exceeds the size of thin pool vg/tp and the size of whole volume group (192.00 MiB).',
  'WARNING: Not using device /dev/sdh for PV HaozEO-qTXN-fo6h-D5JN-0h7e-g0nJ-swM21c.',
  'WARNING: PV HaozEO-qTXN-fo6h-D5JN-0h7e-g0nJ-swM21c prefers device /dev/sdg because device is used by LV.',
  'WARNING: VG vg was previously updated while PV /dev/sdb was missing.',
  'WARNING: Inconsistent metadata found for VG vg.',
  'See vgck --updatemetadata to correct inconsistency.',
  'WARNING: ignoring metadata seqno 58 on /dev/sdb for seqno 68 on /dev/sda for VG vg.',
  'WARNING: updating old metadata to 14 on /dev/sde for VG vge.',
  '/run/lvm/lvmpolld.socket: connect failed: No such file or directory',
  'WARNING: Failed to connect to lvmpolld. Proceeding with polling without using lvmpolld.',
  'WARNING: Check global/use_lvmpolld in lvm.conf or the lvmpolld daemon state.',
  'File descriptor 7 (/dev/null) leaked on lvs invocation. Parent PID 93: timeout',
  'Configuration setting "global/bogus" unknown.',
  'Please remove the lvm.conf filter, it is ignored with the devices file.',
  'TEST MODE: Metadata will NOT be updated and volumes will not be (de)activated.',
  'Udev is running and DM_DISABLE_UDEV environment variable is set. Bypassing udev, device-mapper library will manage device nodes in device directory.',
];

const found = (stderr: string, report = ''): ReturnType<typeof classify> =>
  classify(parseLog(report).entries, parsePrompts(stderr).lines);

describe('rules', () => {
  it('lead to every reason that lvm can give, and each reason has its meaning', () => {
    const ours = ['not-done', 'timed-out', 'killed', 'no-lvm', 'udev-stuck', 'report-invalid', 'other'];
    const named = new Set([...causes, ...hints].map(([reason]) => reason as string));
    expect([...named, ...ours].toSorted()).toEqual(Object.keys(lvmReasons).toSorted());
    for (const { meaning } of Object.values(lvmReasons)) expect(meaning).toMatch(/^\S.*\.$/);
  });

  it('are each there for a text of lvm', () => {
    const texts = failures.flatMap(({ stderr, report = '' }) => [
      ...parsePrompts(stderr).lines,
      ...parseLog(report).entries.map(({ message }) => message),
    ]);
    const idle = [...causes, ...hints].filter(([, pattern]) => !texts.some((text) => pattern.test(text)));
    expect(idle).toEqual([]);
  });

  it('do not depend on how a pattern was used before', () => {
    for (const [, pattern] of [...causes, ...hints]) expect(pattern.flags).not.toMatch(/[gy]/);
  });

  it.each(noiseLines)('say nothing about what comes with successes, too: %s', (line) => {
    expect(isNoise(line)).toBe(true);
    expect(found(line)).toBeNull();
  });

  it('never take a line that names a cause for noise', () => {
    const lines = failures.flatMap(({ stderr }) => parsePrompts(stderr).lines);
    const named = lines.filter((line) => causes.some(([, pattern]) => pattern.test(line)));
    expect(named.length).toBeGreaterThan(150);
    expect(named.filter(isNoise)).toEqual([]);
  });

  it('keep to the cause whatever else lvm says with successes, before, between or after it', () => {
    const insertion = fc.tuple(fc.constantFrom(...noiseLines), fc.nat());
    fc.assert(
      fc.property(
        fc.constantFrom(...failures),
        fc.array(insertion, { maxLength: 12 }),
        (failure, insertions) => {
          const lines = failure.stderr.split('\n');
          for (const [line, at] of insertions) lines.splice(at % (lines.length + 1), 0, `  ${line}`);
          expect(found(lines.join('\n'), failure.report)).toEqual(found(failure.stderr, failure.report));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('find a cause behind any number of lines that come with successes', () => {
    const many = Array.from(
      { length: 20_000 },
      (_, n) => `WARNING: VG vg${n} is missing PV x (last written to y).`,
    );
    expect(found(`${many.join('\n')}\nVolume group "vg" not found\n${many.join('\n')}`)?.reason).toBe(
      'not-found',
    );
  });

  it('find the error behind the help that lvm prints in front of it', () => {
    const help = Array.from({ length: 5000 }, (_, n) => `  lv_field_${n}   - What it is. [string]`);
    expect(found(`${help.join('\n')}\n  Unrecognised field: bogus\n`)?.reason).toBe('command-invalid');
  });

  it('prefer the cause to what follows from it, on either channel', () => {
    const follows = 'Cannot process volume group vg';
    const cause = '/run/lock/lvm/V_vg: flock failed: Resource temporarily unavailable';
    const row = (message: string): string =>
      JSON.stringify({
        log: [{ log_type: 'error', log_message: message, log_object_type: 'vg', log_object_name: 'x' }],
      });
    expect(found(`${follows}\n${cause}`)).toMatchObject({
      reason: 'locked',
      object: { type: 'vg', name: 'vg' },
    });
    expect(found(cause, row(follows))?.reason).toBe('locked');
    expect(found(follows, row(cause))?.reason).toBe('locked');
    expect(found(follows)?.reason).toBe('not-found');
  });

  it('take the object that lvm was at where the text names none', () => {
    const log = [
      {
        log_type: 'error',
        log_object_type: 'lv',
        log_object_name: 'a',
        log_object_group: 'vg',
        log_message: 'Insufficient free space: 5 extents needed, but only 0 available',
      },
    ];
    expect(found('', JSON.stringify({ log }))).toMatchObject({
      reason: 'not-enough-space',
      object: { type: 'lv', name: 'a', group: 'vg' },
      space: { needed: 5, available: 0, missing: 5 },
    });
  });

  it('tell how many extents are missing from each text that has numbers', () => {
    const space = (line: string): unknown => found(line)?.space;
    expect(space('Insufficient free space: 21 extents needed, but only 8 available')).toEqual({
      needed: 21,
      available: 8,
      missing: 13,
    });
    expect(space('Volume group "vg" has insufficient free space (43 extents): 2560 required.')).toEqual({
      needed: 2560,
      available: 43,
      missing: 2517,
    });
    const more = { needed: null, available: null, missing: 5 };
    for (const text of [
      'allocatable extents for logical volume ',
      'contiguous allocatable extents for logical volume x',
    ])
      expect(space(`Insufficient suitable ${text}: 5 more required`)).toEqual(more);
    expect(space('Calculated size of logical volume is 0 extents. Needs to be larger.')).toBeNull();
  });

  it('tell a mounted file system from another use', () => {
    expect(found('Logical volume vg/a contains a filesystem in use.')?.reason).toBe('mounted');
    expect(found('Logical volume vg/a in use.')?.reason).toBe('in-use');
  });

  it('take any text, without throwing', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom(...failures.flatMap(({ stderr }) => stderr.split('\n'))),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const finding = found(lines.join('\n'));
        if (finding !== null) expect(Object.keys(lvmReasons)).toContain(finding.reason);
      }),
      { numRuns: 500 },
    );
  });

  // Words of the patterns, over and over: what makes a pattern with ambiguous repetitions go back and forth.
  it('take time in proportion to the text, even to one made against them', { timeout: 60_000 }, () => {
    const pieces = [...causes, ...hints].map(([, { source }]) =>
      source.replace(/[\\^$]|\(\?(?:<\w+>|:)?/g, ''),
    );
    const starts = failures.map(({ stderr }) => stderr.split('\n')[0]?.trim() ?? '');
    for (const piece of new Set([...pieces, ...starts, 'a', '/', '/V_', ' not in volume group ', '"', ' '])) {
      const line = piece.slice(0, 80).repeat(1 + Math.ceil(2000 / Math.max(1, piece.length)));
      const text = Array.from({ length: 20 }, (_, n) => `${line}${n}\n${piece}${line}${n}`).join('\n');
      const start = performance.now();
      found(text);
      expect(performance.now() - start, piece).toBeLessThan(1500);
    }
  });

  it('take megabytes within seconds', { timeout: 60_000 }, () => {
    const lines = Array.from(
      { length: 100_000 },
      (_, n) => `device-mapper: something on vg/${n} not failed: really`,
    );
    const start = performance.now();
    expect(found(lines.join('\n'))).toBeNull();
    expect(found('x '.repeat(4_000_000))).toBeNull();
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
