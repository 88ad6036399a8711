import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { DeviceMapper } from '../../lib/index.ts';
import { addMirror, createMirror, WorkflowError } from '../../lib/workflows/index.ts';
import { lookAtSync, untilInSync } from '../../lib/workflows/sync.ts';
import { type TestDisk, testDisk, write } from './support/disks.ts';
import { dmCreate, later, loopDisk, run } from './support/lab.ts';
import { openLvm } from './support/lvm.ts';
import { digest } from './support/rollback.ts';

const dm = DeviceMapper.open();
afterAll(() => dm.close());
const lvm = openLvm({ dm });
const tools = { dm, lvm };
const vg = 'vg_trouble';
const volume = `${vg}/m`;
let disks: readonly TestDisk[] = [];
const path = (index: number): string => disks[index]?.path ?? '';

beforeAll(async () => {
  const made: TestDisk[] = [];
  for (const index of [0, 1, 2]) made.push(await testDisk(`trouble-${index}`, 65));
  disks = made;
  await lvm.vgcreate(vg, { devices: disks.map((disk) => disk.path) });
  later(async () => {
    await run('vgremove', ['--force', '--yes', vg]);
  });
});

afterEach(async () => {
  for (const disk of disks) await disk.heal();
  await run('lvremove', ['--yes', '--force', vg]);
});

it('createMirror that is aborted before it waits takes back what it made', async () => {
  const abort = new AbortController();
  const error = await failure(
    createMirror(tools, {
      ...{ volume, size: '16MiB', signal: abort.signal },
      onProgress: ({ kind, step }) => {
        if (kind === 'step-finished' && step === 'create') abort.abort();
      },
    }),
  );
  expect(error).toMatchObject({ reason: 'aborted', code: 'ABORT_ERR', left: [] });
  expect(error.undone).toEqual([`${volume} was removed again`]);
  expect(await lvm.lvs({ targets: [vg], all: true })).toEqual([]);
});

it.each(['raid1', 'mirror'] as const)(
  'createMirror that is aborted while a %s gets in sync leaves it there, and waits on when called again',
  async (type) => {
    for (const disk of disks) await disk.slow(300);
    const abort = new AbortController();
    let holding: Promise<unknown> | undefined;
    const options = { volume, type, size: '40MiB' } as const;
    const error = await failure(
      createMirror(tools, {
        ...{ ...options, signal: abort.signal },
        onProgress: (progress) => {
          if (progress.kind !== 'step-progressed') return;
          abort.abort();
          // Nothing more is copied until the second call is seen to wait.
          holding ??= Promise.all(disks.map((disk) => disk.slow(60_000)));
        },
      }),
    );
    expect(error).toMatchObject({ reason: 'aborted', step: 'sync', undone: [] });
    expect(error.left.map(({ state }) => state).join()).toContain(
      `${volume} is there, a ${type} of 2 copies`,
    );
    expect(error.left.map(({ next }) => next).join()).toContain('createMirror called again waits');
    await holding;
    let healing: Promise<unknown> | undefined;
    const ratios: (number | null)[] = [];
    const done = await createMirror(tools, {
      ...options,
      onProgress: (progress) => {
        if (progress.kind !== 'step-progressed') return;
        ratios.push(progress.ratio);
        healing ??= Promise.all(disks.map((disk) => disk.heal()));
      },
    });
    expect(done).toMatchObject({ outcome: 'done', inSync: true });
    await healing;
    expect(ratios.at(-1)).toBe(1);
  },
);

it.each(['raid1', 'mirror'] as const)(
  'a disk that dies while addMirror copies to a %s is told at once, and the data stay',
  async (type) => {
    await lvm.lvcreate.linear(volume, { size: '40MiB', devices: [path(0)] });
    await write(`/dev/${volume}`, 0, 40 * 1024 * 1024, 0x44);
    const before = await digest(`/dev/${volume}`);
    await disks[1]?.slow(1500);
    let dying: Promise<void> | undefined;
    const error = await failure(
      addMirror(tools, {
        ...{ volume, type, devices: [path(1)] },
        onProgress: (progress) => {
          if (progress.kind === 'step-progressed') dying ??= disks[1]?.fail();
        },
      }),
    );
    await dying;
    expect(error).toMatchObject({ reason: 'failed', step: 'sync' });
    expect(error.message).toMatch(/image 1 of vg_trouble\/m has|has lost a copy/);
    expect(error.left[0]?.state).toContain(`${volume} is there`);
    expect(error.left[0]?.next).toContain('replaceFailedDevice');
    expect(await digest(`/dev/${volume}`)).toBe(before);
  },
);

it('what was never synchronised is not in sync, whatever kernel and lvm say', async () => {
  await lvm.lvcreate.raid1(volume, { size: '16MiB', mirrors: 1, noSync: true });
  const look = await lookAtSync(tools, volume);
  expect(look.row.copyPercent).toBe(100);
  expect(look.status?.segments[0]?.status).toMatchObject({ letters: 'AA', syncAction: 'idle' });
  expect(look.found).toMatchObject({ kind: 'never' });
  const signal = new AbortController().signal;
  await expect(untilInSync(tools, volume, { signal, progress: () => undefined })).rejects.toMatchObject({
    ...{ reason: 'failed', message: expect.stringContaining('--nosync') },
  });
  await expect(addMirror(tools, { volume, copies: 3 })).rejects.toMatchObject({ reason: 'not-in-sync' });
  // What it says to do about it helps.
  await lvm.lvchange.deactivate(volume);
  await run('lvchange', ['--yes', '--resync', volume]);
  await lvm.lvchange.activate(volume);
  await untilInSync(tools, volume, { signal, progress: () => undefined });
});

it('the origin of a snapshot gets a copy: what tells is the device below it', async () => {
  await lvm.lvcreate.linear(volume, { size: '16MiB', devices: [path(0)] });
  await lvm.lvcreate.snapshot(`${vg}/s`, { origin: 'm', size: '8MiB' });
  await expect(addMirror(tools, { volume })).resolves.toMatchObject({ inSync: true, legs: [{}, {}] });
});

it('two calls for one volume exclude each other, two for one group do not', async () => {
  const options = { volume, size: '8MiB' } as const;
  const [one, same, other] = await Promise.allSettled([
    createMirror(tools, options),
    createMirror(tools, options),
    createMirror(tools, { ...options, volume: `${vg}/n` }),
  ]);
  expect(one).toMatchObject({ value: { outcome: 'done', inSync: true } });
  expect(same).toMatchObject({ reason: { reason: 'busy', step: null } });
  expect(other).toMatchObject({ value: { outcome: 'done', inSync: true } });
});

it('extents that another takes between plan and command are no loss: it says so, and finds others when called again', async () => {
  const options = { volume, size: '8MiB', type: 'mirror' } as const;
  const { plan } = await createMirror(tools, { ...options, dryRun: true });
  const taking = {
    onProgress: ({ kind }: { readonly kind: string }) => {
      if (kind === 'step-started')
        taken ??= lvm.lvcreate.linear(`${vg}/n`, { size: '8MiB', devices: [`${path(0)}:0-1`] });
    },
  };
  let taken: Promise<unknown> | undefined;
  expect(plan.steps[0]?.commands[0]?.join(' ')).toContain(`${path(0)}:0-1`);
  const error = await failure(createMirror(tools, { ...options, ...taking }));
  await taken;
  expect(error).toMatchObject({ reason: 'busy', step: 'create', left: [], undone: [] });
  await expect(createMirror(tools, options)).resolves.toMatchObject({ outcome: 'done', inSync: true });
});

it('a volume that another makes of that name between plan and command is not touched', async () => {
  let theirs: Promise<unknown> | undefined;
  const error = await failure(
    createMirror(tools, {
      ...{ volume, size: '8MiB' },
      onProgress: ({ kind }) => {
        if (kind === 'step-started') theirs ??= lvm.lvcreate.linear(volume, { size: '4MiB' });
      },
    }),
  );
  await theirs;
  expect(error).toMatchObject({ reason: 'failed', step: 'create', undone: [], left: [] });
  expect(error.cause).toMatchObject({ code: 'ERR_LVM_EXISTS' });
  expect(await lvm.lvs({ targets: [vg] })).toMatchObject([{ name: 'm', segtype: 'linear' }]);
});

it('two devices that stand on one disk are one disk', async () => {
  const disk = await loopDisk(80);
  const halves = ['trouble-half-0', 'trouble-half-1'];
  for (const [index, name] of halves.entries())
    await dmCreate(name, `0 65536 linear ${disk.device} ${2048 + index * 65_536}`);
  const devices = halves.map((name) => `/dev/mapper/${name}`);
  await lvm.vgcreate('vg_halves', { devices });
  later(async () => {
    await run('vgremove', ['--force', '--yes', 'vg_halves']);
  });
  const refused = await failure(createMirror(tools, { volume: 'vg_halves/m', size: '8MiB', devices }));
  expect(refused).toMatchObject({ reason: 'not-enough-space', step: null });
  expect(refused.message).toContain('Add a disk of at least 3 extents');
});

async function failure(call: Promise<unknown>): Promise<WorkflowError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof WorkflowError) return error;
  throw new Error(`it was to fail with a WorkflowError: ${String(error)}`);
}
