import test from 'ava';
import { evaluate, findUnknownFunctions } from './evaluate.ts';
import { EvaluationError } from './functions.ts';
import { parseExpression } from './parse.ts';

const run = (source: string, self: unknown = {}, oldSelf?: unknown) =>
  evaluate(parseExpression(source), oldSelf === undefined ? { self } : { self, oldSelf });

const results: readonly (readonly [string, unknown, unknown])[] = [
  ['1 + 2 * 3 == 7', {}, true],
  ['(1 + 2) * 3', {}, 9],
  ['7 / 2', {}, 3],
  ['7 % 4', {}, 3],
  ['7 - 3 - 2', {}, 2],
  ["'a' + 'b'", {}, 'ab'],
  ["'it\\'s'", {}, "it's"],
  ["r'\\d+'", {}, '\\d+'],
  ["'a' < 'b' && 'b' >= 'b'", {}, true],
  ['1 > 2 ? 3 : 4 <= 4 ? 5 : 6', {}, 5],
  ['!true || false', {}, false],
  ['self.a.b[1]', { a: { b: [1, 2] } }, 2],
  ["self['a b']", { 'a b': 1 }, 1],
  ['has(self.a) && has(self.a.b)', { a: {} }, false],
  ["'x' in self", { x: 0 }, true],
  ['2 in [1, 2]', {}, true],
  ['[1, [2]] == [1, [2]]', {}, true],
  ['self.all(x, x > 0)', [1, 2], true],
  ['self.all(k, self[k] > 0)', { a: 1, b: 0 }, false],
  ['self.exists(x, x == 2)', [1, 2], true],
  ['self.exists_one(x, x == 2)', [2, 2], false],
  ['self.filter(x, x != 2)', [1, 2, 3], [1, 3]],
  ['self.map(x, x * 2)', [1, 2], [2, 4]],
  ['self.isSorted()', [1, 2, 2], true],
  ['self.isSorted()', [2, 1], false],
  ['size(self) + self.size()', 'äö', 4],
  ["self.matches('^a+$')", 'aaa', true],
  ["self.split('.')", '1.2', ['1', '2']],
  ["int('12') + 1", {}, 13],
  ["string(1) + string('a')", {}, '1a'],
  ["'%s of 100%% in %s'.format([self, ['a', 'b']])", 5, '5 of 100% in ["a", "b"]'],
  ["isQuantity('1GB')", {}, false],
  ["quantity('1Gi').compareTo(quantity('1024Mi'))", {}, 0],
  ["quantity('1Ki').asApproximateFloat() >= double(1024)", {}, true],
];

for (const [source, self, expected] of results) {
  test(`${source} of ${JSON.stringify(self)} is ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(run(source, self), expected);
  });
}

test('and / or stop at the side that decides', (t) => {
  t.false(run('has(self.a) && self.a.b'));
  t.true(run('!has(self.a) || self.a.b'));
});

for (const source of [
  'self.a',
  'self > 1',
  '!1',
  "'a' * 2",
  '[1][3]',
  "int('x')",
  "self.all(x, 'no boolean')",
  'string([1])',
]) {
  test(`${source} is an error of evaluation`, (t) => {
    t.throws(() => run(source, source.startsWith('self.all') ? [1] : {}), { instanceOf: EvaluationError });
  });
}

for (const source of ['1 +', 'a b', '(1', 'has(1)', 'self.?a', '"open', 'self.all(1, true)', '#']) {
  test(`${source} is refused when it is read`, (t) => {
    t.throws(() => parseExpression(source), { instanceOf: SyntaxError });
  });
}

test('functions that we do not have are named', (t) => {
  t.deepEqual(findUnknownFunctions(parseExpression('[url(self)].all(x, x.getHost() == string(1))')), [
    'url',
    '.getHost',
  ]);
});
