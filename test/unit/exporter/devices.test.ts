import { describe, expect, it } from 'vitest';
import { measure, series, type TestDevice } from './support/measure.ts';

const vg = 'a'.repeat(32);
let volumes = 0;
function uuid(suffix = ''): string {
  const lv = String(++volumes).padStart(32, 'b');
  return `LVM-${vg}${lv}${suffix}`;
}

describe('a device', () => {
  it('tells what it is, how big, and in which state', async () => {
    const families = await measure([
      {
        name: 'vg-lv',
        uuid: `LVM-${'c'.repeat(64)}`,
        status: ['linear', 'striped 2 8:0 8:16 1 AA'],
        below: ['8:0', '8:16'],
        minor: 7,
        openCount: 2,
        eventNumber: 9,
        readOnly: true,
      },
    ]);
    const volume = 'device=vg-lv vg=vg lv=lv';
    expect(series(families, 'dm_device_info')).toEqual([
      `${volume} uuid=LVM-${'c'.repeat(64)} kernel=dm-7 major=254 minor=7 subsystem=LVM target=linear,striped 1`,
    ]);
    expect(series(families, 'dm_device_size_bytes')).toEqual([`device=vg-lv ${2000 * 512}`]);
    expect(series(families, 'dm_device_openers')).toEqual(['device=vg-lv 2']);
    expect(series(families, 'dm_device_events_total')).toEqual(['device=vg-lv 9']);
    expect(series(families, 'dm_device_read_only')).toEqual(['device=vg-lv 1']);
    expect(series(families, 'dm_device_suspended')).toEqual([`${volume} 0`]);
    expect(series(families, 'dm_device_table_missing')).toEqual([`${volume} 0`]);
    expect(series(families, 'dm_device_backing_info')).toEqual([
      `${volume} backing=sda 1`,
      `${volume} backing=sdb 1`,
    ]);
    expect(series(families, 'dm_devices')).toEqual(['target=linear 1', 'target=striped 1']);
  });

  it('has the name that people know, unless two would have the same', async () => {
    const one = await measure([{ name: 'a\\x20b', status: [] }]);
    expect(series(one, 'dm_device_openers')).toEqual(['device=a b 0']);
    const two = await measure([
      { name: 'a\\x20b', status: [] },
      { name: 'a b', status: [] },
    ]);
    expect(series(two, 'dm_device_openers')).toEqual(['device=a\\x20b 0', 'device=a b 0']);
    const three = await measure([
      { name: 'a\\x5cx20b', status: [] },
      { name: 'a\\x20b', status: [] },
      { name: 'a b', status: [] },
    ]);
    expect(series(three, 'dm_device_openers')).toEqual([
      'device=a\\x5cx20b 0',
      'device=a\\x20b 0',
      'device=a b 0',
    ]);
  });

  it('that has never answered tells no size and no targets', async () => {
    const families = await measure([{ name: 'hangs', status: [], liveTable: true, staleSince: 5 }]);
    expect(series(families, 'dm_device_size_bytes')).toEqual([]);
    expect(series(families, 'dm_device_status_stale')).toEqual(['device=hangs 1']);
  });

  it('that has not answered is stale, and keeps what was last known of it', async () => {
    const families = await measure([
      { name: 'pool', status: ['verity V'], staleSince: 5, readAt: Date.now() - 60_000 },
    ]);
    expect(series(families, 'dm_device_status_stale')).toEqual(['device=pool 1']);
    expect(series(families, 'dm_verity_corrupted')).toEqual(['device=pool 0']);
    const [age = ''] = series(families, 'dm_device_status_age_seconds');
    expect(Number(age.split(' ')[1])).toBeGreaterThanOrEqual(60);
    expect(Number(age.split(' ')[1])).toBeLessThan(70);
  });

  it('is stale too if the time was over before it was asked again', async () => {
    const families = await measure(
      [
        { name: 'late', status: ['linear'], readAt: 1000 },
        { name: 'on-time', status: ['linear'], readAt: 3000 },
      ],
      {},
      { isLate: true, since: 2000 },
    );
    expect(series(families, 'dm_device_status_stale')).toEqual(['device=late 1', 'device=on-time 0']);
  });
});

describe('the layers below a volume', () => {
  const raid: readonly TestDevice[] = [
    { name: 'vg-r', uuid: uuid(), status: ['snapshot-origin'], below: ['254:1'] },
    {
      name: 'vg-r-real',
      uuid: uuid('-real'),
      status: ['raid raid1 2 AA 4/4 idle 0 0 -'],
      table: ['raid raid1 1 0 2 254:2 254:3 254:4 254:5'],
      below: ['254:2', '254:3', '254:4', '254:5'],
    },
    { name: 'vg-r_rmeta_0', uuid: uuid(), status: ['linear'], below: ['8:0'] },
    { name: 'vg-r_rimage_0', uuid: uuid(), status: ['linear'], below: ['8:0'] },
    { name: 'vg-r_rmeta_1', uuid: uuid(), status: ['linear'], below: ['8:16'] },
    { name: 'vg-r_rimage_1', uuid: uuid(), status: ['linear'], below: ['8:16', '8:32'] },
  ];
  const names = (families: Awaited<ReturnType<typeof measure>>): readonly string[] =>
    series(families, 'dm_device_openers').map((line) => line.replace(/^device=(\S+) .*/, '$1'));

  it('are left out, but for those that have something of their own to tell', async () => {
    expect(names(await measure(raid))).toEqual(['vg-r', 'vg-r-real']);
  });

  it('are there if asked for', async () => {
    expect(names(await measure(raid, { internal: true }))).toHaveLength(6);
  });

  it('are counted, and looked through for what is below', async () => {
    const families = await measure(raid);
    expect(series(families, 'dm_devices')).toEqual([
      'target=linear 4',
      'target=raid 1',
      'target=snapshot-origin 1',
    ]);
    expect(series(families, 'dm_device_backing_info')).toEqual([
      'device=vg-r vg=vg lv=r backing=dm-1 backing_device=vg-r-real 1',
      'device=vg-r-real vg=vg lv=r backing=sda 1',
      'device=vg-r-real vg=vg lv=r backing=sdb 1',
      'device=vg-r-real vg=vg lv=r backing=sdc 1',
    ]);
    expect(series(families, 'dm_raid_leg_state').filter((line) => line.includes('state=in_sync'))).toEqual([
      'device=vg-r-real vg=vg lv=r leg=0 backing=sda state=in_sync 1',
      'device=vg-r-real vg=vg lv=r leg=1 backing=sdb,sdc state=in_sync 1',
    ]);
  });

  it('are there though their status is not understood', async () => {
    const broken = raid.with(1, { name: 'vg-r-real', uuid: uuid('-real'), status: ['raid gibberish'] });
    expect(names(await measure(broken))).toEqual(['vg-r', 'vg-r-real']);
  });

  it('do not go round in circles, whatever the kernel says', async () => {
    const families = await measure([
      { name: 'vg-a_tdata', uuid: uuid('-tdata'), status: ['linear'], below: ['254:1'] },
      { name: 'vg-b_tdata', uuid: uuid('-tdata'), status: ['linear'], below: ['254:0', '254:1'] },
      { name: 'vg-c', uuid: uuid(), status: ['linear'], below: ['254:0'] },
    ]);
    expect(names(families)).toEqual(['vg-c']);
  });
});

describe('devices that are not wanted', () => {
  const three: readonly TestDevice[] = ['docker-1', 'docker-2', 'vg-lv'].map((name) => ({
    name,
    status: ['linear'],
  }));
  it.each([
    [{ exclude: /^docker-/ }, ['vg-lv']],
    [{ include: /^docker-/ }, ['docker-1', 'docker-2']],
    [{ include: /^docker-/, exclude: /2$/ }, ['docker-1']],
  ])('are left out by %o', async (choice, expected) => {
    const families = await measure(three, choice);
    expect(series(families, 'dm_device_openers')).toEqual(expected.map((name) => `device=${name} 0`));
  });
});
