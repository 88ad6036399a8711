import { describe, expect, it } from 'vitest';
import { cleanEnvironment, runProgram } from '../../../../lib/workflows/system/program.ts';

describe('cleanEnvironment', () => {
  it('hands on where programs are, and nothing else', () => {
    expect(cleanEnvironment({ PATH: '/opt/bin:.::/usr/bin', LD_PRELOAD: '/x.so', LANG: 'ca' })).toEqual({
      PATH: '/usr/sbin:/sbin:/usr/bin:/bin:/opt/bin',
      LC_ALL: 'C',
    });
  });
});

describe('runProgram', () => {
  it('tells how a program ended and what it wrote, and calls no shell', async () => {
    expect(await runProgram(['printf', '%s', '$HOME;*'], 'coreutils')).toEqual({
      ...{ status: 0, stdout: '$HOME;*', stderr: '' },
    });
    expect(await runProgram(['sh', '-c', 'echo no >&2; exit 3'], 'dash')).toEqual({
      ...{ status: 3, stdout: '', stderr: 'no' },
    });
  });

  it('says which package to install for a program that is not there', async () => {
    await expect(runProgram(['no-such-program'], 'util-linux')).rejects.toMatchObject({
      code: 'ENOENT',
      message: 'there is no program no-such-program: install the package util-linux',
    });
  });

  it('ends the program when the signal fires', async () => {
    const controller = new AbortController();
    const run = runProgram(['sleep', '600'], 'coreutils', controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(run).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
    await expect(runProgram(['sleep', '600'], 'coreutils', controller.signal)).rejects.toMatchObject({
      code: 'ABORT_ERR',
    });
  });
});
