import test from 'ava';
import { formatTraceparent, isRequestId, parseTraceId } from './headers.ts';

test('a request id that could break a log line or a URN is refused', (t) => {
  t.true(isRequestId('01a20792-7531-7b89-86c5-c73c7e30f850'));
  for (const value of ['short', 'with space 123', 'a\nbcdefgh', 'x'.repeat(65), undefined, 7])
    t.false(isRequestId(value));
});

test('only a valid traceparent gives a trace id', (t) => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  t.is(parseTraceId(`00-${traceId}-00f067aa0ba902b7-01`), traceId);
  for (const value of [
    `01-${traceId}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    'x',
    undefined,
  ]) {
    t.is(parseTraceId(value), undefined);
  }
});

test('each call of a trace has a span of its own, and begins a trace where there is none', (t) => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const [one, two] = [formatTraceparent(traceId), formatTraceparent(traceId)];
  t.deepEqual([parseTraceId(one), parseTraceId(two)], [traceId, traceId]);
  t.not(one, two);
  t.regex(parseTraceId(formatTraceparent(undefined)) ?? '', /^[0-9a-f]{32}$/);
});
