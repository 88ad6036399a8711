import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePrompts } from '../../../lib/lvm/questions.ts';
import { failures } from './failures.ts';

const texts = (stderr: string): readonly string[] => parsePrompts(stderr).prompts.map(({ text }) => text);

// From yes_no_prompt's callers in lvm2 2.03.16, each as it looks with standard input closed.
const asked: readonly (readonly [string, string])[] = [
  [
    'Do you really want to remove active logical volume vg/a? [y/n]: [n]',
    'Do you really want to remove active logical volume vg/a?',
  ],
  [
    'Really INITIALIZE physical volume "/dev/sda" of volume group "vg" [y/n]? [n]',
    'Really INITIALIZE physical volume "/dev/sda" of volume group "vg"?',
  ],
  [
    '/dev/sda: Requested size 1.00 GiB exceeds real size 64.00 MiB. Proceed?  [y/n]: [n]',
    '/dev/sda: Requested size 1.00 GiB exceeds real size 64.00 MiB. Proceed?',
  ],
  [
    'Do you really want to rebuild 1 PVs of logical volume vg/r [y/n]: [n]',
    'Do you really want to rebuild 1 PVs of logical volume vg/r',
  ],
  [
    'Continue with ext4 file system reduce steps: resize2fs? [y/n]:[n]',
    'Continue with ext4 file system reduce steps: resize2fs?',
  ],
  ['Clear all writecache settings? [n]', 'Clear all writecache settings?'],
  [
    'Detach writeback cache vg/c from vg/a without flushing data?[n]',
    'Detach writeback cache vg/c from vg/a without flushing data?',
  ],
];

describe('parsePrompts', () => {
  it.each(asked)('finds the question: %s', (line, text) => {
    expect(parsePrompts(`  before\n${line}\n  after\n`)).toEqual({
      prompts: [{ text, signature: null }],
      lines: ['before', 'after'],
    });
  });

  it('reads what a signature is, where it is, and on which device', () => {
    const line =
      'WARNING: ext3 signature detected on /dev/vg_test/mirror_test at offset 1080. Wipe it? [y/n]: [n]';
    expect(parsePrompts(line).prompts).toMatchObject([
      { signature: { type: 'ext3', device: '/dev/vg_test/mirror_test', offset: 1080 } },
    ]);
  });

  it('reads a signature without a place, as lvm finds it without blkid', () => {
    const line = 'WARNING: software RAID md superblock detected on /dev/sdd. Wipe it? [y/n]: [n]';
    expect(parsePrompts(line).prompts).toMatchObject([
      { signature: { type: 'software RAID md superblock', device: '/dev/sdd', offset: null } },
    ]);
  });

  it('gives every question once, in order', () => {
    const a = 'WARNING: ext4 signature detected on /dev/sdd at offset 1080. Wipe it? [y/n]: [n]';
    const b = 'WARNING: dos signature detected on /dev/sdd at offset 510. Wipe it? [y/n]: [n]';
    expect(parsePrompts([a, b, a].join('\n')).prompts.map(({ signature }) => signature?.type)).toEqual([
      'ext4',
      'dos',
    ]);
  });

  it('separates what lvm says on the same line after an answer that it did not take', () => {
    const stderr =
      "Do you really want to remove vg/a? [y/n]:   WARNING: Invalid input 'maybe'.\n" +
      'Do you really want to remove vg/a? [y/n]:   Logical volume vg/a not removed.\n';
    expect(texts(stderr)).toEqual(['Do you really want to remove vg/a?']);
    expect(parsePrompts(stderr).lines).toEqual([
      "WARNING: Invalid input 'maybe'.",
      'Logical volume vg/a not removed.',
    ]);
  });

  it('finds a question in exactly those failures where lvm asked', () => {
    for (const { argv, stderr, reason } of failures)
      expect(texts(stderr).length > 0, argv.join(' ')).toBe(reason === 'confirmation-required');
  });

  it('does not take a question mark in other lines for a question', () => {
    const line = "Can't open /dev/sdd exclusively.  Mounted filesystem?";
    expect(parsePrompts(line)).toEqual({ prompts: [], lines: [line] });
  });

  it('keeps every other line of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        fc.pre(!/\[y\/n\]|\[n\]/.test(text));
        const lines = text.split(/[\r\n]+/).flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
        expect(parsePrompts(text)).toEqual({ prompts: [], lines });
      }),
    );
  });

  it('takes any mixture of marks, quickly', () => {
    const piece = fc.constantFrom('[y/n]', '[n]', '?', ':', ' ', '\n', '\r', 'text', '[y/n]: [n]');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { prompts, lines } = parsePrompts(pieces.join(''));
        for (const { text } of prompts) expect(text).not.toContain('[y/n]');
        for (const line of lines) expect(line).not.toContain('[y/n]');
      }),
    );
    const start = performance.now();
    parsePrompts('[y/n]? '.repeat(500_000));
    parsePrompts('[y/n]: [n]\n'.repeat(300_000));
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
