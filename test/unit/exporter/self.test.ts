import { describe, expect, it } from 'vitest';
import { allFamilies } from '../../../lib/exporter/catalogue.ts';
import { emptySamples } from '../../../lib/exporter/samples.ts';
import { countParseErrors } from '../../../lib/exporter/scrape.ts';
import { addSelf, type SelfFacts } from '../../../lib/exporter/self-families.ts';
import { stackOf } from '../../../lib/exporter/stack.ts';
import { segment, watched } from '../monitor/devices.ts';
import { series } from './support/measure.ts';

describe('lines that are not understood', () => {
  const stackAt = (readAt: number) =>
    stackOf(
      [
        { ...watched([], { name: 'new', segments: [segment('raid what is this')] }), readAt },
        { ...watched([], { name: 'good', segments: [segment('verity V')] }), readAt },
        { ...watched([], { name: 'foreign', segments: [segment('acme what is this')] }), readAt },
      ],
      () => undefined,
      { include: undefined, exclude: undefined, internal: false },
      String,
    );

  it('are counted by their target each time they are read, but not if that is none of ours', () => {
    const counts = new Map<string, number>();
    countParseErrors(stackAt(1), counts, new Map());
    expect([...counts]).toEqual([
      ['raid', 1],
      ['verity', 0],
    ]);
    countParseErrors(stackAt(1), counts, new Map([['new', 1]]));
    expect(counts.get('raid')).toBe(1);
    countParseErrors(stackAt(2), counts, new Map([['new', 1]]));
    expect(counts.get('raid')).toBe(2);
  });
});

describe('what the exporter tells of itself', () => {
  const facts: SelfFacts = {
    up: true,
    privileged: true,
    version: '1.2.3',
    library: '1.02.185 (2022-05-18)',
    driver: '4.47.0',
    targets: [{ name: 'raid', version: '1.15.1' }],
    durationSeconds: 0.5,
    collectors: new Map([['lvm', { seconds: 2, success: false }]]),
    parseErrors: new Map([['raid', 3]]),
    wakeups: 7,
    quarantined: 1,
    stuckCalls: 2,
  };
  const told = (changes: Partial<SelfFacts>): readonly string[] => {
    const samples = emptySamples(allFamilies);
    addSelf(samples, { ...facts, ...changes });
    const families = samples.families();
    return families.flatMap(({ name }) => series(families, name).map((line) => `${name} ${line}`));
  };

  it('has a family for each fact', () => {
    expect(told({})).toEqual([
      'dm_up 1',
      'dm_collector_privileged 1',
      `dm_exporter_build_info version=1.2.3 nodeversion=${process.version} libdm=1.02.185 (2022-05-18) 1`,
      'dm_driver_info version=4.47.0 1',
      'dm_target_info target=raid version=1.15.1 1',
      'dm_scrape_duration_seconds 0.5',
      'dm_scrape_collector_duration_seconds collector=lvm 2',
      'dm_scrape_collector_success collector=lvm 0',
      'dm_status_parse_errors_total target=raid 3',
      'dm_event_wakeups_total 7',
      'dm_quarantined_devices 1',
      'dm_stuck_calls 2',
    ]);
  });

  it('leaves out what is not known', () => {
    const names = told({
      up: false,
      privileged: undefined,
      library: undefined,
      driver: undefined,
      targets: [],
      wakeups: undefined,
      collectors: new Map(),
      parseErrors: new Map(),
    }).map((line) => line.split(' ')[0]);
    expect(names).toEqual([
      ...['dm_up', 'dm_exporter_build_info', 'dm_scrape_duration_seconds', 'dm_quarantined_devices'],
      'dm_stuck_calls',
    ]);
  });
});
