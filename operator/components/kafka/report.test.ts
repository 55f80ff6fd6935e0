import test from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { reportKafka } from './report.ts';
import { healthy } from './testing/facts.ts';

test('the guarantee says what the loss of a broker costs: time with three copies, events with one', (t) => {
  const guaranteeOf = (brokers: number) => {
    const stack = aCompleteStack({ kafka: { brokers } });
    return reportKafka(healthy(stack), stack).guarantee ?? '';
  };
  t.regex(
    guaranteeOf(3),
    /3 copies.*loss of one broker loses nothing\. One that is killed stops writing.*some 10 s, 15 s/,
  );
  t.regex(guaranteeOf(1), /^One copy.*events are gone if its volume is/);
});
