import { expect, it } from 'vitest';
import type { RawDevice } from '../../../lib/addon.ts';
import { readDmsetupLine } from '../../../lib/cli/dmsetup-line.ts';
import { tableTextLines } from '../../../lib/cli/table.ts';
import { toTable } from '../../../lib/device.ts';
import { listed } from './make.ts';

const raw = (name: string, ...segments: RawDevice['segments']): RawDevice => {
  const { source: _, sectors: __, targets: ___, ...state } = listed(name, 1);
  return { ...state, uuid: '', failure: null, segments };
};

it('devmapper table writes what dmsetup does, and decode reads it', () => {
  const devices = [
    raw('odd\\x20name', { start: 0, length: 8, target: 'linear', params: '7:0 0' }),
    raw(
      'two',
      { start: 0, length: 8, target: 'zero', params: '' },
      { start: 8, length: 8, target: 'novel', params: 'a ' },
    ),
    raw('empty'),
  ].map(toTable);
  const lines = tableTextLines(devices);
  expect(lines).toEqual(['odd name: 0 8 linear 7:0 0', 'two: 0 8 zero', 'two: 8 8 novel a', 'empty:']);
  const entries = lines.map((text, number) => readDmsetupLine({ number, text, isCut: false }, 'table'));
  expect(entries.map((entry) => entry?.kind)).toEqual(['table', 'table', 'table', 'empty']);
  expect(entries.map((entry) => (entry && 'name' in entry ? entry.name : undefined))).toEqual([
    'odd name',
    'two',
    'two',
    'empty',
  ]);
});
