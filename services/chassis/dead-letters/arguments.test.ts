import test from 'ava';
import { UsageError } from '../usage-error.ts';
import { parseReplayArguments } from './arguments.ts';

const topics = ['shop.order.v1', 'shop.product.v1'];
const parse = (...words: string[]) => parseReplayArguments(words, topics);

test('one topic, and either everything or a choice', (t) => {
  t.deepEqual(parse('--topic=shop.product.v1', '--all'), { topic: 'shop.product.v1', events: 'all', isDryRun: false });
  t.deepEqual(parse('--dry-run', '--event=a', '--topic=shop.order.v1', '--event=b=c'), {
    topic: 'shop.order.v1',
    events: new Set(['a', 'b=c']),
    isDryRun: true,
  });
});

const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no topic', ['--all'], /--topic: must be given once/],
  ['two topics', ['--topic=shop.order.v1', '--topic=shop.product.v1', '--all'], /--topic: must be given once/],
  [
    'a topic of others',
    ['--topic=shop.cart.v1', '--all'],
    /--topic="shop.cart.v1": must be one of shop.order.v1, shop.product.v1/,
  ],
  ['no choice', ['--topic=shop.order.v1'], /--event, --all: must be given one or the other/],
  ['everything and a choice', ['--topic=shop.order.v1', '--all', '--event=a'], /one or the other/],
  ['an empty id', ['--topic=shop.order.v1', '--event='], /--event="": must be the id/],
  ['an unknown word', ['--topic=shop.order.v1', '--all', '--force'], /"--force": not known; allowed are .*--dry-run/],
  ['several faults', ['--al'], /"--al": not known.*--topic: must.*--event, --all: must/s],
];

for (const [title, words, message] of wrong) {
  test(`${title}: the fault is told with what is allowed`, (t) => {
    t.throws(() => parse(...words), { instanceOf: UsageError, message });
  });
}
