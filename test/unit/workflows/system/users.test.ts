import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { pathsInUse, processes, processText } from '../../../../lib/workflows/system/processes.ts';
import { parseSwaps } from '../../../../lib/workflows/system/users.ts';

describe('parseSwaps', () => {
  it('reads the paths of devices and files', () => {
    const text = [
      'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority',
      '/dev/dm-1                               partition\t1020\t\t0\t\t-2',
      '/srv/b\\040c                            file\t\t1020\t\t0\t\t-3',
      '',
    ].join('\n');
    expect(parseSwaps(text)).toEqual(['/dev/dm-1', '/srv/b c']);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'/a \t\n\\040') }), (text) => {
        expect(parseSwaps(text).every((path) => path.startsWith('/'))).toBe(true);
      }),
    );
  });
});

describe('what processes have in use', () => {
  const proc = mkdtempSync(join(tmpdir(), 'devmapper-proc-'));
  afterAll(() => rmSync(proc, { recursive: true }));
  mkdirSync(join(proc, '12/fd'), { recursive: true });
  mkdirSync(join(proc, 'self'));
  symlinkSync('/dev/dm-1', join(proc, '12/fd/3'));
  symlinkSync('pipe:[77]', join(proc, '12/fd/4'));
  symlinkSync('/srv', join(proc, '12/cwd'));
  symlinkSync('/', join(proc, '12/root'));
  writeFileSync(join(proc, '12/comm'), 'd\x1bd\n');

  it('are its open files and directories, but no pipes', async () => {
    expect((await pathsInUse(12, proc)).map(({ how, path }) => `${how} ${path}`)).toEqual([
      'opened /dev/dm-1',
      'working directory /srv',
      'root directory /',
    ]);
  });

  it('is nothing for a process that is gone', async () => {
    expect(await pathsInUse(13, proc)).toEqual([]);
    expect(await processes(proc)).toEqual([12]);
    expect(await processes(join(proc, 'nowhere'))).toEqual([]);
  });

  it('names a process by what a terminal can show', async () => {
    expect(await processText(12, proc)).toBe('12 (d?d)');
    expect(await processText(13, proc)).toBe('13');
  });
});
