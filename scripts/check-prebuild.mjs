#!/usr/bin/env node
// Proves from the ELF file itself what a prebuilt addon runs on: a compiler's promise and a directory's name are not enough.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const help = `Usage: scripts/check-prebuild.mjs [OPTION]... [FILE]...

Checks prebuilt addons (default: every prebuilds/*/*.node): that each is for the processor its directory names, needs
no library but the C library's own, and no glibc newer than allowed. Then loads the one for this machine.

  --glibc VERSION  the newest glibc a file may need (default 2.36, what g++ 12 gives with libstdc++ inside)
  --elf-only       do not load
  --help           print this text
`;

const machines = {
  x64: 'Advanced Micro Devices X86-64',
  arm64: 'AArch64',
  riscv64: 'RISC-V',
  ppc64: 'PowerPC64',
};
const allowed =
  /^(libc|libm|libdl|libpthread|ld-linux[-a-z0-9]*|ld-musl-[a-z0-9_]+|libc\.musl-[a-z0-9_]+)\.so(\.\d+)?$/;

const { values, positionals } = parseArgs({
  options: {
    glibc: { type: 'string', default: '2.36' },
    'elf-only': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
if (values.help) {
  process.stdout.write(help);
} else {
  process.exitCode = main();
}

function main() {
  if (!/^\d+\.\d+$/.test(values.glibc)) return fail(`--glibc: '${values.glibc}' is no version such as 2.36`);
  const files = positionals.length > 0 ? positionals.map((file) => resolve(file)) : prebuilds();
  if (files.length === 0) return fail('no prebuilds/*/*.node; run npm run prebuildify');
  const bad = files.flatMap((file) => {
    const facts = read(file);
    console.log([file, facts.machine, `glibc ${facts.glibc ?? '-'}`, facts.needed.join(' ')].join('  '));
    return problems(file, facts).map((problem) => `${file}: ${problem}`);
  });
  if (bad.length > 0) return fail(bad.join('\n'));
  if (!values['elf-only']) load();
  return 0;
}

function fail(message) {
  console.error(message.replaceAll(/^/gm, 'check-prebuild: '));
  return 1;
}

/** Every prebuilt addon of this checkout. */
function prebuilds() {
  const directory = join(root, 'prebuilds');
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.node'))
    .map((file) => join(directory, file));
}

/** What the ELF file says: its machine, the libraries it needs, the newest glibc symbol version among them. */
function read(file) {
  const readelf = (option) =>
    execFileSync('readelf', ['--wide', option, file], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
  const versions = [...readelf('--version-info').matchAll(/Name: GLIBC_(\d+(?:\.\d+)+)\s/g)].map(
    ([, version]) => version,
  );
  return {
    machine: /^\s*Machine:\s*(.+)$/m.exec(readelf('--file-header'))?.[1],
    needed: [...readelf('--dynamic').matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, library]) => library),
    glibc: versions.sort(compareVersions).at(-1),
  };
}

/** What is wrong with a file whose path ends in `<platform>-<arch>/<name>.<libc>.node`. */
function problems(file, { machine, needed, glibc }) {
  const arch = basename(dirname(file)).replace(/^linux-/, '');
  const found = [];
  if (machine === undefined || machine !== machines[arch]) {
    found.push(`is for ${machine}, but its directory says ${basename(dirname(file))}`);
  }
  for (const library of needed) if (!allowed.test(library)) found.push(`needs ${library}`);
  if (glibc !== undefined && compareVersions(glibc, values.glibc) > 0) {
    found.push(`needs glibc ${glibc}, newer than ${values.glibc}`);
  }
  if (glibc !== undefined && file.endsWith('.musl.node')) found.push('needs glibc, but its name says musl');
  return found;
}

function compareVersions(a, b) {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Loads the addon for this machine as an installed package would, from prebuilds/ only, in a process of its own. */
function load() {
  const script = `const load = require('node-gyp-build');
const addon = load(process.argv[1]);
console.log('loads: ' + load.resolve(process.argv[1]) + ' (' + Object.keys(addon).length + ' exports)');`;
  execFileSync(process.execPath, ['-e', script, root], {
    cwd: root,
    env: { ...process.env, PREBUILDS_ONLY: '1' },
    stdio: 'inherit',
  });
}
