import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, encodeParts, type Format } from '../../../lib/exporter/encode.ts';
import type { FamilySamples } from '../../../lib/exporter/family.ts';
import { parseExposition } from './support/exposition.ts';

const formats: readonly Format[] = ['text', 'openmetrics'];

const families: readonly FamilySamples[] = [
  {
    name: 'dm_device_size_bytes',
    type: 'gauge',
    help: 'Size of the device.',
    unit: 'bytes',
    samples: [
      { labels: { device: 'a' }, value: 9_007_199_254_740_993n },
      { labels: { device: 'say "hi"\\\n' }, value: 0.25 },
    ],
  },
  { name: 'dm_reads_total', type: 'counter', help: 'Reads.', samples: [{ labels: {}, value: 7 }] },
  {
    name: 'dm_device_info',
    type: 'info',
    help: 'What it is.',
    samples: [{ labels: { uuid: '' }, value: 1 }],
  },
  { name: 'dm_mode', type: 'stateset', help: 'Mode.', samples: [{ labels: { state: 'rw' }, value: 1 }] },
];

describe('what is sent', () => {
  it('is the text format 0.0.4 for text', () => {
    expect(encode(families, 'text')).toBe(`# HELP dm_device_size_bytes Size of the device.
# TYPE dm_device_size_bytes gauge
dm_device_size_bytes{device="a"} 9007199254740993
dm_device_size_bytes{device="say \\"hi\\"\\\\\\n"} 0.25
# HELP dm_reads_total Reads.
# TYPE dm_reads_total counter
dm_reads_total 7
# HELP dm_device_info What it is.
# TYPE dm_device_info gauge
dm_device_info 1
# HELP dm_mode Mode.
# TYPE dm_mode gauge
dm_mode{state="rw"} 1
`);
  });

  it('is OpenMetrics 1.0 for openmetrics, with the same names of series', () => {
    expect(encode(families, 'openmetrics')).toBe(`# HELP dm_device_size_bytes Size of the device.
# TYPE dm_device_size_bytes gauge
# UNIT dm_device_size_bytes bytes
dm_device_size_bytes{device="a"} 9007199254740993
dm_device_size_bytes{device="say \\"hi\\"\\\\\\n"} 0.25
# HELP dm_reads Reads.
# TYPE dm_reads counter
dm_reads_total 7
# HELP dm_device What it is.
# TYPE dm_device info
dm_device_info 1
# HELP dm_mode Mode.
# TYPE dm_mode gauge
dm_mode{state="rw"} 1
# EOF
`);
  });

  it.each(formats)('comes in parts that make the whole in %s', (format) => {
    expect([...encodeParts(families, format)].join('')).toBe(encode(families, format));
  });

  it.each(formats)(
    'comes in parts that are soon made, of however many series a family has, in %s',
    (format) => {
      const samples = Array.from({ length: 10_000 }, (_, each) => ({
        labels: { i: String(each) },
        value: each,
      }));
      const large: FamilySamples = { name: 'dm_x', type: 'gauge', help: 'X.', samples };
      const parts = [...encodeParts([large, ...families], format)];
      expect(Math.max(...parts.map((part) => part.split('\n').length))).toBeLessThan(600);
      const body = parts.join('');
      expect(body.match(/^# TYPE dm_x /gm)).toHaveLength(1);
      expect(body.match(/^dm_x{i="\d+"} \d+$/gm)).toHaveLength(10_000);
      expect(body.endsWith(encode(families, format))).toBe(true);
    },
  );

  it.each(formats)('reads back as what went in, whatever the labels and values are, in %s', (format) => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    const number = fc.oneof(
      fc.double({ noNaN: true }),
      fc.bigInt({ min: 0n, max: 2n ** 80n }),
      fc.maxSafeNat(),
    );
    fc.assert(
      fc.property(text, text, number, (device, help, value) => {
        const samples = [{ labels: { device, other: 'x' }, value }];
        const [family] = parseExposition(
          encode([{ name: 'dm_x', type: 'gauge', help: `.${help}`, samples }], format),
          format,
        );
        expect(family?.help).toBe(`.${help}`);
        const [sample] = family?.samples ?? [];
        expect(sample?.labels.get('device') ?? '').toBe(device);
        if (typeof value === 'bigint') expect(sample?.value).toBe(String(value));
        else expect(Number(sample?.value.replace('Inf', 'Infinity')) === value).toBe(true);
      }),
    );
  });

  it('says what is no number as Prometheus does', () => {
    const samples = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value, index) => ({
      labels: { i: String(index) },
      value,
    }));
    const body = encode([{ name: 'x', type: 'gauge', help: 'X.', samples }], 'text');
    expect(body.match(/ (NaN|[+-]Inf)$/gm)).toEqual([' NaN', ' +Inf', ' -Inf']);
  });
});
