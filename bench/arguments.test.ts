import test from 'ava';
import { parseChoice, usage } from './arguments.ts';

const known = ['transport', 'apply'];

test('without arguments everything runs with the defaults', (t) => {
  t.deepEqual(parseChoice([], known), {
    names: known,
    quick: false,
    asTests: false,
    rounds: 12,
    minutes: 1,
    stacks: 100,
  });
});

test('names and numbers are taken', (t) => {
  t.like(parseChoice(['apply', '--quick', '--as-tests', '--minutes=12', '--rounds=3', '--stacks=20'], known), {
    names: ['apply'],
    quick: true,
    asTests: true,
    minutes: 12,
    rounds: 3,
    stacks: 20,
  });
});

test('an unknown bench is refused with those that exist', (t) => {
  t.throws(() => parseChoice(['speed'], known), { message: /no bench "speed"; there are transport, apply/ });
});

test('a number that is none is refused', (t) => {
  t.throws(() => parseChoice(['--rounds=many'], known), { message: /--rounds=many: a number above 0/ });
  t.throws(() => parseChoice(['--minutes=0'], known), { message: /--minutes=0/ });
});

test('help is asked for by name and tells every option', (t) => {
  t.is(parseChoice(['--help'], known), 'help');
  t.regex(usage(known), /--quick/);
});
