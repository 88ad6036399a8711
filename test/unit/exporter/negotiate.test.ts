import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { negotiate } from '../../../lib/exporter/negotiate.ts';

describe('the format of an answer', () => {
  const prometheus =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
  it.each([
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text'],
    ['application/openmetrics-text', 'openmetrics'],
    ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'openmetrics'],
    ['APPLICATION/OpenMetrics-Text; Version=1.0.0', 'openmetrics'],
    ['application/openmetrics-text; version=2.0.0', 'text'],
    ['application/openmetrics-text;q=0.1, text/plain;q=0.2', 'text'],
    ['application/openmetrics-text;q=0', 'text'],
    ['application/openmetrics-text;q=banana', 'text'],
    ['application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily', 'text'],
    [prometheus, 'openmetrics'],
  ])('asked for by %j is %s', (accept, format) => {
    expect(negotiate(accept).format).toBe(format);
  });

  it('comes with a content type that Prometheus 3 takes', () => {
    expect(negotiate('text/plain').contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(negotiate(prometheus).contentType).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
  });

  it('is always one of the two', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (accept) => {
        expect(['text', 'openmetrics']).toContain(negotiate(accept).format);
      }),
    );
  });
});
