import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'check-prebuild-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Passes a program off as a prebuilt addon for a processor, and checks it. */
function check(
  program: string,
  arch: string,
  ...options: string[]
): { status: number | null; stderr: string } {
  const file = join(directory, `linux-${arch}`, 'devmapper.glibc.node');
  mkdirSync(join(directory, `linux-${arch}`), { recursive: true });
  copyFileSync(program, file);
  const script = join(import.meta.dirname, '../../scripts/check-prebuild.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--elf-only', ...options, file], {
    encoding: 'utf8',
  });
  return { status, stderr };
}

const cat = execFileSync('sh', ['-c', 'command -v cat'], { encoding: 'utf8' }).trim();

describe('check-prebuild', () => {
  it('accepts a file that needs the C library only', () => {
    expect(check(cat, process.arch)).toEqual({ status: 0, stderr: '' });
  });

  it('refuses a file for another processor than its directory names', () => {
    const other = process.arch === 'arm64' ? 'x64' : 'arm64';
    const { status, stderr } = check(cat, other);
    expect(status).toBe(1);
    expect(stderr).toContain(`but its directory says linux-${other}`);
  });

  it('refuses a file that needs any other library', () => {
    const { status, stderr } = check('/sbin/dmsetup', process.arch);
    expect(status).toBe(1);
    expect(stderr).toMatch(/needs libdevmapper\.so/);
  });

  it('refuses a file that needs a newer glibc than allowed', () => {
    const { status, stderr } = check(cat, process.arch, '--glibc', '2.3');
    expect(status).toBe(1);
    expect(stderr).toMatch(/needs glibc 2\.\d+(\.\d+)?, newer than 2\.3$/m);
  });

  it('refuses a file that is no ELF file', () => {
    expect(check(import.meta.filename, process.arch).status).toBe(1);
  });
});
