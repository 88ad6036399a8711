import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCapabilities } from '../../../lib/lvm/capabilities.ts';
import { lvColumns } from '../../../lib/lvm/columns/lv.ts';
import { LvmError } from '../../../lib/lvm/errors.ts';
import { lacksField, parseReport, type ReportName, reportArguments } from '../../../lib/lvm/report.ts';
import { reportsOf } from '../../../lib/lvm/reports.ts';
import type { Outcome, Run } from '../../../lib/lvm/run.ts';
import {
  devicesOf,
  fullreportArguments,
  groupOf,
  parseState,
  segmentsOf,
  volumeOf,
} from '../../../lib/lvm/state.ts';

const names: readonly ReportName[] = ['lvs', 'segs', 'vgs', 'pvs'];

function outcome(more: Partial<Outcome> = {}): Outcome {
  return {
    argv: ['lvm', 'lvs'],
    exitCode: 0,
    signal: null,
    stdout: '',
    stderr: '',
    report: '',
    ended: 'exited',
    complete: true,
    duration: 1,
    hindrance: null,
    running: null,
    ...more,
  };
}

const told = (report: unknown, more: Partial<Outcome> = {}): Outcome =>
  outcome({ report: JSON.stringify({ report, log: [] }), ...more });

const lv = (name: string, more: Readonly<Record<string, string>> = {}) => ({
  lv_uuid: `uuid-${name}`,
  lv_name: name,
  lv_full_name: `vg/${name.replace(/[[\]]/g, '')}`,
  lv_size: '4194304',
  lv_attr: '-wi-a-----',
  seg_count: '1',
  segtype: 'linear',
  vg_name: 'vg',
  vg_uuid: 'uuid-vg',
  ...more,
});

const vg = {
  vg_uuid: 'uuid-vg',
  vg_name: 'vg',
  vg_attr: 'wz--n-',
  vg_size: '8388608',
  vg_free: '4194304',
  vg_extent_size: '4194304',
  vg_extent_count: '2',
  vg_free_count: '1',
  max_lv: '0',
  max_pv: '0',
  pv_count: '1',
  vg_missing_pv_count: '0',
  lv_count: '1',
  snap_count: '0',
  vg_seqno: '7',
};
const pv = {
  ...{ pv_name: '/dev/sda', pv_uuid: 'uuid-sda', pv_attr: 'a--', pv_size: '8388608', vg_name: 'vg' },
  ...{ pv_free: '4194304', pv_used: '4194304', pv_pe_count: '2', pv_pe_alloc_count: '1' },
};
const seg = (at: number, segtype: string) => ({
  segtype,
  seg_start: String(at * 4_194_304),
  seg_start_pe: String(at),
  seg_size: '4194304',
  seg_size_pe: '1',
  devices: `/dev/sda(${at})`,
  lv_name: 'home',
  lv_uuid: 'uuid-home',
  vg_name: 'vg',
});

function reasonOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error instanceof LvmError ? error.reason : error;
  }
  return 'none';
}

describe('the command line of a report', () => {
  it('asks for all that this lvm knows, in bytes, and puts names behind --', () => {
    expect(reportArguments('lvs', { all: true, targets: ['vg/home', 'vg', '@tag'] })).toEqual([
      ...['lvs', '--units', 'b', '--nosuffix', '--binary'],
      ...['--options', 'lv_all,segtype,vg_name,vg_uuid', '--all', '--', 'vg/home', 'vg', '@tag'],
    ]);
  });

  it('of some columns asks for their fields, and for what tells volumes apart', () => {
    const argv = reportArguments('lvs', { fields: ['name', 'active', 'hidden'] });
    expect(argv.at(-1)).toBe('lv_name,lv_active,lv_uuid');
  });

  it('of segments is that of lvs', () => {
    expect(reportArguments('segs').slice(0, 2)).toEqual(['lvs', '--segments']);
  });

  it('takes a selection as one word, even one that looks like an option', () => {
    const argv = reportArguments('vgs', { select: '--help' });
    expect(argv.slice(argv.indexOf('--select'))).toEqual(['--select', '--help']);
  });

  it.each([
    ['an unknown option', { sort: 'name' }],
    ['an unknown column', { fields: ['nosuch'] }],
    ['a column that is a property of all objects', { fields: ['constructor'] }],
    ['no column', { fields: [] }],
    ['no name', { targets: [] }],
    ['a name that is an option', { targets: ['--help'] }],
    ['a volume without its group', { targets: ['/home'] }],
    ['an empty selection', { select: '' }],
    ['a selection that is no text', { select: 7 }],
    ['a flag that is none', { all: 'yes' }],
    ['a timeout that is none', { timeout: 0 }],
  ])('with %s is a TypeError or RangeError', (_, options) => {
    const failure = fc.sample(fc.constantFrom(...names), 4);
    for (const name of failure) {
      const error = (() => {
        try {
          return reportArguments(name, options as never);
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
    }
  });

  it('never lets a name become an option', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string(), (name, target) => {
        let argv: readonly string[] = [];
        try {
          argv = reportArguments(name, { targets: [target] });
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        expect(argv.indexOf('--')).toBe(argv.length - 2);
      }),
    );
  });
});

describe('a report', () => {
  it('is rows, typed', () => {
    const [row] = parseReport('lvs', told([{ lv: [lv('[home_rimage_0]', { lv_mood: 'fine' })] }]));
    expect(row).toMatchObject({
      name: 'home_rimage_0',
      hidden: true,
      size: 4_194_304n,
      kernelKnown: true,
      more: { lv_mood: 'fine' },
    });
  });

  it('has one row for a volume of several segments', () => {
    const rows = [lv('home'), lv('home', { segtype: 'striped' }), lv('root')];
    expect(parseReport('lvs', told([{ lv: rows }])).map(({ name, segtype }) => [name, segtype])).toEqual([
      ['home', 'linear'],
      ['root', 'linear'],
    ]);
  });

  it('of some columns has no others, and needs no others', () => {
    const rows = parseReport('lvs', told([{ lv: [{ lv_name: 'home', lv_uuid: 'u' }] }]), ['name']);
    expect(rows).toEqual([{ name: 'home', more: {} }]);
  });

  const inactive = { lv_active: '', lv_active_locally: '0' };

  it('does not tell a volume for inactive of which lvm could not ask the kernel', () => {
    const rows = [lv('home', { ...inactive, lv_attr: '-wi-XX----' }), lv('root', inactive)];
    expect(parseReport('lvs', told([{ lv: rows }]))).toMatchObject([
      { active: null, activeLocally: null, kernelKnown: false },
      { active: false, activeLocally: false, kernelKnown: true },
    ]);
  });

  it('does not tell a pool for inactive that lvm does, but complains that it cannot ask the kernel', () => {
    const log_message =
      'Incompatible libdevmapper 1.02.185 (2022-05-18) and kernel driver (unknown version).';
    const lvs = [lv('pool', { ...inactive, lv_attr: 'twi---tz--', segtype: 'thin-pool' })];
    const report = JSON.stringify({ report: [{ lv: lvs }], log: [{ log_type: 'error', log_message }] });
    expect(parseReport('lvs', outcome({ report }))).toMatchObject([
      {
        active: null,
        activeLocally: null,
        kernelKnown: false,
        attr: 'twi---tz--',
        attributes: { volumeType: 'thin-pool', state: 'unknown', open: null },
      },
    ]);
    expect(parseReport('lvs', outcome({ report }), ['active'])).toEqual([{ active: null, more: {} }]);
  });

  it('of nothing is no rows', () => {
    expect(parseReport('vgs', told([{ vg: [] }]))).toEqual([]);
  });

  it.each([
    ['nothing at all', outcome()],
    ['no JSON', outcome({ report: 'lvs: command garbled' })],
    ['JSON that is cut off', outcome({ report: '{"report":[{"lv":[{"lv_name":"a"' })],
    ['an output that was cut at its bound', told([{ lv: [] }], { complete: false })],
    ['a report that is no list', told('report')],
    ['a report without the section', told([{ vg: [] }])],
    ['a section that is no list', told([{ lv: {} }])],
    ['a row that is no object', told([{ lv: ['home'] }])],
    ['a volume without a name', told([{ lv: [{ ...lv('home'), lv_name: undefined }] }])],
    ['a volume with a size that is none', told([{ lv: [lv('home', { lv_size: '4.00m' })] }])],
  ])('that is %s, with status 0, is an error of its own', (_, answer) => {
    expect(reasonOf(() => parseReport('lvs', answer))).toBe('report-invalid');
  });

  it('of a command that failed is the error that it failed with', () => {
    const log = [
      {
        log_type: 'error',
        log_object_type: 'vg',
        log_object_name: 'nosuch',
        log_message: 'Volume group "nosuch" not found',
        log_errno: '-1',
        log_ret_code: '0',
      },
    ];
    const failed = outcome({ exitCode: 5, report: JSON.stringify({ report: [{ lv: [] }], log }) });
    expect(reasonOf(() => parseReport('lvs', failed))).toBe('not-found');
  });

  it('is rows or an LvmError, whatever lvm wrote', () => {
    const texts = fc.dictionary(
      fc.constantFrom(...Object.values(lvColumns).map(({ field }) => field)),
      fc.string(),
    );
    const documents = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc
        .array(texts)
        .map((rows) => JSON.stringify({ report: [{ lv: rows, vg: rows, pv: rows, seg: rows }] })),
    );
    fc.assert(
      fc.property(fc.constantFrom(...names), documents, (name, report) => {
        const reason = reasonOf(() => parseReport(name, outcome({ report })));
        expect(['none', 'report-invalid']).toContain(reason);
        expect(['none', 'report-invalid']).toContain(reasonOf(() => parseState(outcome({ report }))));
      }),
    );
  });
});

describe('the reports of an instance', () => {
  const recording = (...answers: readonly Outcome[]) => {
    const runs: Run[] = [];
    const run = async (one: Run) => {
      runs.push(one);
      return answers[runs.length - 1] ?? outcome();
    };
    return { runs, reports: reportsOf({ run, timeout: 4000 }) };
  };

  it('ask again for all fields if this lvm lacks one that was asked for, and leave it out', async () => {
    const refused = outcome({ exitCode: 5, stderr: '  Unrecognised field: kernel_cache_mode\n' });
    const { runs, reports } = recording(refused, told([{ lv: [lv('home')] }]));
    expect(lacksField(refused)).toBe(true);
    expect(await reports.lvs({ fields: ['name', 'kernelCacheMode'] })).toEqual([
      { name: 'home', kernelCacheMode: null, more: {} },
    ]);
    expect(runs.map(({ argv }) => argv[argv.indexOf('--options') + 1])).toEqual([
      'lv_name,kernel_cache_mode,lv_uuid',
      'lv_all,segtype,vg_name,vg_uuid',
    ]);
  });

  it('have the timeout of the instance unless the call has one', async () => {
    const { runs, reports } = recording(told([{ vg: [] }]), told([{ vg: [] }]));
    await reports.vgs();
    await reports.vgs({ timeout: 7 });
    expect(runs.map(({ timeout }) => timeout)).toEqual([4000, 7]);
  });

  it('run nothing once the signal has fired, nor with wrong options', async () => {
    const { runs, reports } = recording();
    await expect(reports.pvs({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(reports.fullreport({ targets: ['-x'] })).rejects.toBeInstanceOf(TypeError);
    await expect(reports.capabilities({ timeout: -1 })).rejects.toBeInstanceOf(RangeError);
    expect(runs).toEqual([]);
  });
});

describe('a full report', () => {
  const group = {
    vg: [vg],
    lv: [lv('home', { seg_count: '2' })],
    pv: [pv],
    seg: [seg(1, 'striped'), seg(0, 'linear')],
    pvseg: [{ pvseg_start: '0', pvseg_size: '2', pv_name: '/dev/sda', pv_uuid: 'uuid-sda', lv_name: '' }],
  };
  const orphans = { pv: [{ ...pv, pv_name: '/dev/sdb', vg_name: '' }], pvseg: [] };

  it('asks once for all there is, or for some groups behind --', () => {
    expect(fullreportArguments([])).not.toContain('--');
    expect(fullreportArguments(['vg', 'other']).slice(-3)).toEqual(['--', 'vg', 'other']);
    expect(fullreportArguments(['vg']).filter((word) => word === '--configreport')).toHaveLength(5);
  });

  it('is groups with their parts, and devices of no group', () => {
    const state = parseState(told([group, orphans]));
    expect(state.groups).toHaveLength(1);
    expect(state.orphans.map(({ name, vgName }) => [name, vgName])).toEqual([['/dev/sdb', null]]);
    expect(devicesOf(state).map(({ name }) => name)).toEqual(['/dev/sda', '/dev/sdb']);
    expect(groupOf(state, 'vg')?.vg).toMatchObject({ seqno: 7, size: 8_388_608n });
    expect(groupOf(state, 'vg')?.pvSegs[0]).toMatchObject({ start: 0, size: 2, lvName: null });
  });

  it('gives a volume the type of its first segment, and its segments in order', () => {
    const state = parseState(told([group]));
    const home = volumeOf(state, 'vg/home');
    expect(home?.segtype).toBe('linear');
    expect(home && segmentsOf(state, home).map(({ startPe }) => startPe)).toEqual([0, 1]);
    expect(volumeOf(state, 'vg/nosuch')).toBeUndefined();
    expect(volumeOf(state, 'home')).toBeUndefined();
  });

  it('of a machine without groups and devices is empty', () => {
    const log = [{ log_type: 'status', log_message: 'success', log_ret_code: '1' }];
    expect(parseState(outcome({ report: JSON.stringify({ report: [], log }) }))).toEqual({
      groups: [],
      orphans: [],
    });
    expect(reasonOf(() => parseState(outcome({ report: '{}' })))).toBe('report-invalid');
  });
});

describe('capabilities', () => {
  const version = `  LVM version:     2.03.16(2) (2022-05-18)
  Library version: 1.02.185 (2022-05-18)
  Driver version:  4.47.0
  Configuration:   ./configure --prefix=/usr --with-x=a:b
`;
  const says = (stdout: string): Outcome => outcome({ stdout });

  it('are versions, types and formats', () => {
    expect(
      parseCapabilities({
        version: says(version),
        segtypes: says('  linear\n  thin-pool\n'),
        formats: says('  lvm2\n'),
      }),
    ).toEqual({
      version: '2.03.16(2)',
      release: [2, 3, 16],
      date: '2022-05-18',
      library: '1.02.185',
      driver: '4.47.0',
      configuration: './configure --prefix=/usr --with-x=a:b',
      segtypes: ['linear', 'thin-pool'],
      formats: ['lvm2'],
    });
  });

  it('of an lvm that could not ask the kernel have no driver', () => {
    const answer = {
      version: says('LVM version: 2.03.11(2)\n'),
      segtypes: says('linear'),
      formats: says('lvm2'),
    };
    expect(parseCapabilities(answer)).toMatchObject({ version: '2.03.11(2)', date: '', driver: null });
  });

  it('are never read out of something else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const answer = { version: says(text), segtypes: says('linear'), formats: says('lvm2') };
        expect(reasonOf(() => parseCapabilities(answer))).toBe('report-invalid');
      }),
    );
  });
});
