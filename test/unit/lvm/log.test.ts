import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLog } from '../../../lib/lvm/log.ts';
import { failures } from './failures.ts';

const row = (more: object = {}): object => ({
  log_seq_num: '1',
  log_type: 'error',
  log_context: 'processing',
  log_object_type: 'lv',
  log_object_name: 'a',
  log_object_group: 'vg',
  log_message: 'Logical volume vg/a in use.',
  log_errno: '-1',
  log_ret_code: '0',
  ...more,
});

describe('parseLog', () => {
  it('reads a row with its object and its numbers', () => {
    expect(parseLog(JSON.stringify({ log: [row()] }))).toEqual({
      entries: [
        {
          type: 'error',
          object: { type: 'lv', name: 'a', group: 'vg' },
          message: 'Logical volume vg/a in use.',
          errno: -1,
          returnCode: 0,
        },
      ],
      report: [],
      problem: null,
    });
  });

  it('has no object where lvm names none, and no group where there is none', () => {
    const log = [
      row({ log_object_type: '', log_object_name: '', log_object_group: '' }),
      row({ log_object_name: '' }),
      row({ log_object_type: 'vg', log_object_name: 'vg', log_object_group: '' }),
    ];
    const { entries } = parseLog(JSON.stringify({ log }));
    expect(entries.map(({ object }) => object)).toEqual([
      null,
      null,
      { type: 'vg', name: 'vg', group: null },
    ]);
  });

  it('reads what lvm wrote, without a problem', () => {
    const reports = failures.flatMap(({ report }) => (report === undefined ? [] : [report]));
    expect(reports.length).toBeGreaterThan(5);
    for (const report of reports) {
      const { entries, problem } = parseLog(report);
      expect(problem).toBeNull();
      expect(entries.at(-1)).toMatchObject({ type: 'status' });
    }
  });

  it('reads reports and log of one document', () => {
    const report = [{ lv: [{ lv_name: 'a' }] }];
    expect(parseLog(JSON.stringify({ report, log: [row()] }))).toMatchObject({ report, problem: null });
  });

  it('reads the trailing comma of lvm before 2.03.24', () => {
    const { entries, problem } = parseLog(
      `  {\n      "log": [\n          ${JSON.stringify(row())},\n      ]\n  }\n`,
    );
    expect(entries).toHaveLength(1);
    expect(problem).toBeNull();
  });

  it('reads the documents of lvm and of a process that it left in the background', () => {
    const text = JSON.stringify({ log: [row(), row({ log_message: 'with } and {' })] }, null, 2);
    const { entries, problem } = parseLog(`${text}\n${text}\n`);
    expect(entries).toHaveLength(4);
    expect(problem).toBeNull();
  });

  it('keeps what is whole of an output that was cut, and says so', () => {
    const text = JSON.stringify({ log: [row()] });
    const { entries, problem } = parseLog(`${text}\n${text.slice(0, -5)}`);
    expect(entries).toHaveLength(1);
    expect(problem).not.toBeNull();
  });

  it('takes nothing for no log, as when lvm refuses the command line', () => {
    for (const nothing of ['', ' \n'])
      expect(parseLog(nothing)).toEqual({ entries: [], report: [], problem: null });
  });

  it.each([
    'garbage',
    '[]',
    '"text"',
    '7',
    'null',
    '{"log": 7}',
    '{"log": [7]}',
    '{"report": {}}',
    '{',
    '}{',
    '{"log": [',
  ])('says that this is not what it should be: %s', (text) => {
    expect(parseLog(text)).toMatchObject({ entries: [], problem: expect.stringMatching(/./) as string });
  });

  it('takes values of other types', () => {
    const log = [
      row({ log_errno: 22, log_ret_code: 5, log_message: null, log_type: ['x'], log_object_type: {} }),
    ];
    expect(parseLog(JSON.stringify({ log })).entries).toEqual([
      { type: '', object: null, message: '', errno: 22, returnCode: 5 },
    ]);
  });

  it('gives back any message as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        const { entries, problem } = parseLog(JSON.stringify({ log: [row({ log_message: message })] }));
        expect(entries[0]?.message).toBe(message);
        expect(problem).toBeNull();
      }),
    );
  });

  it('never throws, whatever the text or the value', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void parseLog(text)));
    fc.assert(fc.property(fc.json(), (text) => void parseLog(text)));
    const anyRow = fc.dictionary(fc.constantFrom(...Object.keys(row())), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(fc.oneof(anyRow, fc.jsonValue())), (log) => {
        for (const entry of parseLog(JSON.stringify({ log })).entries) {
          expect(typeof entry.message).toBe('string');
          expect(Number.isSafeInteger(entry.errno)).toBe(true);
        }
      }),
    );
  });
});
