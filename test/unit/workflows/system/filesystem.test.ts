import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExport } from '../../../../lib/workflows/system/blkid.ts';
import { filesystemIn, mountAdvice } from '../../../../lib/workflows/system/filesystem.ts';

const parseBlkid = (text: string) => filesystemIn(parseExport(text));

describe('the answer of blkid', () => {
  it('reads type, uuid and label', () => {
    expect(
      parseBlkid('DEVNAME=/dev/x\nLABEL=a\\ b\\$\\\\\\"\\x0a\nUUID=8516da93\nTYPE=ext4\nUSAGE=filesystem\n'),
    ).toEqual({ type: 'ext4', uuid: '8516da93', label: 'a b$\\"\n' });
  });

  it('gives null for what is not there', () => {
    expect(parseBlkid('TYPE=vfat\nUSAGE=filesystem')).toEqual({ type: 'vfat', uuid: null, label: null });
  });

  it.each([
    'TYPE=swap\nUSAGE=other',
    'TYPE=LVM2_member\nUSAGE=raid',
    'TYPE=crypto_LUKS\nUSAGE=crypto',
    'PTTYPE=gpt',
    '',
  ])('finds no file system in %j', (text) => expect(parseBlkid(text)).toBeNull());

  it('gives back every label that blkid can have written', () => {
    // util-linux, misc-utils/blkid.c, safe_print.
    const escaped = (text: string): string =>
      text.replace(/[ \\"'$`<>]/g, '\\$&').replace(/[\n\t]/g, (one) => (one === '\n' ? '\\x0a' : '\\x09'));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a =\\"\'$`<>\n\tx0é') }), (label) => {
        expect(parseBlkid(`LABEL=${escaped(label)}\nTYPE=xfs\nUSAGE=filesystem`)?.label).toBe(label);
      }),
    );
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, two) => {
        parseBlkid(`${one}\nTYPE=${two}\nUSAGE=filesystem\n${two}=${one}`);
      }),
    );
  });
});

describe('mountAdvice', () => {
  const optionsOf = (...args: Parameters<typeof mountAdvice>): readonly string[] => {
    const advice = mountAdvice(...args);
    return advice.kind === 'options' ? advice.options : [];
  };
  const warningsOf = (...args: Parameters<typeof mountAdvice>): number => {
    const advice = mountAdvice(...args);
    return advice.kind === 'options' ? advice.warnings.length : -1;
  };

  it('leaves the journal alone where it could not be replayed', () => {
    expect(optionsOf('ext4', 'read-only', 'frozen')).toEqual(['ro', 'noload']);
    expect(optionsOf('ext3', 'read-only', 'synced')).toEqual(['ro', 'noload']);
    expect(optionsOf('xfs', 'read-only', 'frozen')).toEqual(['ro', 'nouuid', 'norecovery']);
  });

  it('replays it on a writable device', () => {
    expect(optionsOf('ext4', 'writable', 'frozen')).toEqual(['ro']);
    expect(optionsOf('xfs', 'writable', 'frozen')).toEqual(['ro', 'nouuid']);
  });

  it('gives an ext2 no option of a journal, which the kernel refuses', () => {
    expect(optionsOf('ext2', 'read-only', 'frozen')).toEqual(['ro']);
  });

  it('refuses a second btrfs, and says what to do', () => {
    expect(mountAdvice('btrfs', 'read-only', 'frozen')).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('unmount the original first'),
    });
  });

  it('warns of what a copy of a file system in use is like', () => {
    for (const type of ['ext2', 'ext4', 'xfs', 'vfat']) {
      expect(warningsOf(type, 'read-only', 'frozen'), type).toBe(0);
      expect(warningsOf(type, 'read-only', 'synced'), type).toBe(1);
      expect(warningsOf(type, 'read-only', 'unknown'), type).toBe(1);
    }
  });

  it('warns that a mount writes where it replays a journal, which a frozen xfs has and a frozen ext4 has not', () => {
    expect(warningsOf('ext4', 'writable', 'synced')).toBe(1);
    expect(warningsOf('ext4', 'writable', 'frozen')).toBe(0);
    expect(warningsOf('xfs', 'writable', 'frozen')).toBe(1);
  });

  it('is read-only for every type there may be', () => {
    const type = fc.string().filter((name) => name !== 'btrfs');
    fc.assert(
      fc.property(type, fc.constantFrom('read-only', 'writable'), (name, device) => {
        expect(optionsOf(name, device, 'unknown')[0]).toBe('ro');
      }),
    );
  });
});
