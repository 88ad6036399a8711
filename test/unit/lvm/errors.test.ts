import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LvmError, lvmError, toLvmError } from '../../../lib/lvm/errors.ts';
import { parseLog } from '../../../lib/lvm/log.ts';
import { type LvmReason, lvmReasons } from '../../../lib/lvm/reasons.ts';
import type { Outcome } from '../../../lib/lvm/run.ts';
import { type Failure, failures, outcomeOf } from './failures.ts';

const errorOf = ({ argv, exitCode, stderr, report = '' }: Failure): LvmError =>
  toLvmError(outcomeOf({ argv: ['lvm', ...argv], exitCode, stderr, report }), parseLog(report).entries);

const ended = (given: Partial<Outcome>): LvmError => toLvmError(outcomeOf(given), []);

describe('toLvmError', () => {
  it.each(failures.map((failure) => [failure.reason, failure.argv.join(' ').slice(0, 80), failure] as const))(
    'says %s: %s',
    (reason, _, failure) => {
      const error = errorOf(failure);
      expect(error.reason, error.message).toBe(reason);
      if (failure.object !== undefined) expect(error.object).toEqual(failure.object);
      if (failure.space !== undefined) expect(error.space).toEqual(failure.space);
      if (failure.signature !== undefined) expect(error.signature).toEqual(failure.signature);
      expect(error.stderr).toBe(failure.stderr);
      expect(error.exitCode).toBe(failure.exitCode);
    },
  );

  it('has a failure for every reason that lvm can give, captured for all but a few', () => {
    const reasonsFrom = (origin: string): readonly LvmReason[] =>
      failures.filter((failure) => failure.origin === origin).map(({ reason }) => reason);
    const captured = new Set(reasonsFrom('captured'));
    const fromSource = reasonsFrom('source').filter((reason) => !captured.has(reason));
    expect(new Set(fromSource)).toEqual(
      new Set([
        'half-done',
        'has-signature',
        'kernel-refused',
        'lock-failed',
        'metadata-full',
        'not-active',
        'pool-needs-check',
      ]),
    );
    const ours = ['not-done', 'timed-out', 'killed', 'no-lvm', 'udev-stuck', 'report-invalid'];
    expect(new Set([...captured, ...fromSource, ...ours])).toEqual(new Set(Object.keys(lvmReasons)));
  });

  it('says first what is wrong, in the words of lvm with the object, then what to do', () => {
    const log = [
      {
        log_type: 'error',
        log_object_type: 'lv',
        log_object_name: 'lv_data',
        log_object_group: 'vg_webapp',
        log_message: 'Insufficient free space: 21 extents needed, but only 8 available',
      },
    ];
    const argv = ['nsenter', '-t', '1', '-m', '--', '/sbin/lvm', 'lvconvert', '--', 'vg_webapp/lv_data'];
    expect(toLvmError(outcomeOf({ argv }), parseLog(JSON.stringify({ log })).entries)).toMatchObject({
      name: 'LvmError',
      code: 'ERR_LVM_NOT_ENOUGH_SPACE',
      message:
        'lvconvert of vg_webapp/lv_data: Insufficient free space: 21 extents needed, but only 8 available. ' +
        'Add a physical volume with vgextend, ask for less, or name other devices.',
      command: argv,
      space: { needed: 21, available: 8, missing: 13 },
      messages: [{ type: 'error', object: { type: 'lv', name: 'lv_data', group: 'vg_webapp' } }],
    });
  });

  it('does not name the object twice', () => {
    expect(ended({ stderr: '  Logical volume vg/a in use.\n' }).message).toMatch(
      /^lvchange: Logical volume vg\/a in use\. Close what uses it/,
    );
  });

  it('gives the question and the option that would allow it', () => {
    const stderr = 'WARNING: ext4 signature detected on /dev/sdd at offset 1080. Wipe it? [y/n]: [n]\n';
    const questions = [
      { consent: 'allowDestroy', granted: false },
      { consent: 'wipeSignatures', granted: false },
    ];
    const error = toLvmError(outcomeOf({ stderr }), [], { changed: 'no', questions });
    expect(error).toMatchObject({
      reason: 'confirmation-required',
      changed: 'no',
      question: { consent: 'wipeSignatures' },
    });
    expect(error.message).toContain('Wipe it? Allow it by the option "wipeSignatures"');
    const other = 'Do you really want to remove active logical volume vg/a? [y/n]: [n]\n';
    expect(toLvmError(outcomeOf({ stderr: other }), [], { questions }).question?.consent).toBe(
      'allowDestroy',
    );
    expect(ended({ stderr: other }).question).toEqual({
      text: 'Do you really want to remove active logical volume vg/a?',
      consent: null,
    });
  });

  it('names the cause, not the question beside it', () => {
    const stderr =
      'Do full resync of extended portion of vg/m? [y/n]: [n]\n  Insufficient free space: 5 extents needed, but only 0 available\n';
    expect(ended({ stderr })).toMatchObject({ reason: 'not-enough-space', question: { consent: null } });
  });

  it('says that it was ended from here, whatever lvm said', () => {
    const stderr = "  Interrupted...\n  Giving up waiting for lock.\n  Can't get lock for vg.\n";
    expect(ended({ ended: 'timed-out', stderr }).reason).toBe('timed-out');
    expect(ended({ ended: 'aborted', stderr }).reason).toBe('aborted');
    expect(ended({ ended: 'aborted', exitCode: 0 }).reason).toBe('aborted');
    expect(ended({ ended: 'timed-out', exitCode: null, signal: 'SIGTERM' })).toMatchObject({
      reason: 'timed-out',
      signal: 'SIGTERM',
    });
  });

  it('says what it was waiting for when its time was up', () => {
    const udev = { kind: 'udev-stuck', cookies: ['0xd4d34aa'] } as const;
    expect(ended({ ended: 'timed-out', hindrance: udev })).toMatchObject({
      reason: 'udev-stuck',
      hindrance: udev,
      message: expect.stringContaining('cookie 0xd4d34aa') as string,
    });
    const lock = { kind: 'locked', path: '/run/lock/lvm/V_vg', group: 'vg', pid: 7, name: 'pvmove' } as const;
    expect(ended({ ended: 'timed-out', hindrance: lock })).toMatchObject({
      reason: 'locked',
      message: expect.stringContaining('process 7 (pvmove) held /run/lock/lvm/V_vg') as string,
    });
    expect(ended({ ended: 'aborted', hindrance: lock }).reason).toBe('aborted');
  });

  it('says that the process is still there if it is', () => {
    const outcome = outcomeOf({ ended: 'aborted', exitCode: null, running: Promise.resolve(outcomeOf({})) });
    expect(toLvmError(outcome, []).message).toContain('has not exited yet');
  });

  it.each<[LvmReason, Partial<Outcome>]>([
    ['killed', { exitCode: null, signal: 'SIGSEGV' }],
    ['killed', { exitCode: 137 }],
    [
      'no-lvm',
      { exitCode: 127, stderr: 'nsenter: failed to execute /sbin/lvm: No such file or directory\n' },
    ],
    [
      'no-permission',
      { exitCode: 1, stderr: "nsenter: reassociate to namespace 'ns/mnt' failed: Operation not permitted\n" },
    ],
    ['command-invalid', { exitCode: 2 }],
    ['command-invalid', { exitCode: 3 }],
    ['report-invalid', { exitCode: 0 }],
    ['report-invalid', { exitCode: 5, complete: false }],
    ['report-invalid', { exitCode: 0, stderr: 'WARNING: Running as a non-root user.\n' }],
    ['confirmation-required', { exitCode: 0, stderr: 'Attempt to replace failed mirror log? [y/n]: [n]\n' }],
    ['other', { exitCode: 5, stderr: '  Something entirely new.\n' }],
    ['other', { exitCode: 5 }],
  ])('says %s of %j', (reason, given) => {
    expect(ended(given).reason).toBe(reason);
  });

  it('keeps the text of what it does not know', () => {
    expect(ended({ stderr: '  Something entirely new\n' })).toMatchObject({
      message: 'lvchange: Something entirely new.',
      stderr: '  Something entirely new\n',
    });
  });

  it('takes any outcome, without throwing', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom(...failures.map(({ stderr }) => stderr)),
    );
    fc.assert(
      fc.property(
        fc.record({
          exitCode: fc.option(fc.nat(255)),
          ended: fc.constantFrom('exited' as const, 'aborted' as const, 'timed-out' as const),
          complete: fc.boolean(),
          stderr: text,
          report: text,
          argv: fc.array(fc.string()),
        }),
        (given) => {
          const outcome = outcomeOf(given);
          const error = toLvmError(outcome, parseLog(outcome.report).entries);
          expect(error.stderr).toBe(given.stderr);
          expect(error.message.length).toBeLessThan(2000);
          expect(Object.keys(lvmReasons)).toContain(error.reason);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes megabytes, and keeps its message short', () => {
    const stderr = `${'x'.repeat(5_000_000)}\n`.repeat(3);
    const error = ended({ stderr });
    expect(error.stderr).toBe(stderr);
    expect(error.message.length).toBeLessThan(2000);
  });
});

describe('lvmError', () => {
  it('is for what was found before lvm ran: nothing was changed', () => {
    const error = lvmError('name-invalid', {
      command: ['lvcreate'],
      message: '"a b" has a blank in it',
      object: { type: 'lv', name: 'a b', group: 'vg' },
    });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      changed: 'no',
      exitCode: null,
      signal: null,
      stderr: '',
      code: 'ERR_LVM_NAME_INVALID',
    });
    expect(error.message).toMatch(/^lvcreate: "a b" has a blank in it\. Use letters/);
  });

  it('keeps the error it comes from', () => {
    const cause = new Error('spawn ENOENT');
    expect(lvmError('no-lvm', { command: ['lvm'], message: 'lvm could not be started', cause }).cause).toBe(
      cause,
    );
  });

  it('has a code for every reason', () => {
    for (const reason of Object.keys(lvmReasons) as LvmReason[])
      expect(new LvmError(reason, { command: [], message: 'x' }).code).toMatch(/^ERR_LVM_[A-Z_]+$/);
  });
});
