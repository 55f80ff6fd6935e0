import test from 'ava';
import { expand, parseDockerfile } from './dockerfile.ts';

test('stages, their names and instructions over several lines are read', (t) => {
  const file = parseDockerfile(
    [
      '# comment',
      'ARG BASE=debian:12',
      'FROM ${BASE} AS one',
      'RUN a \\',
      '# between',
      ' && b',
      'from one',
      'copy x y',
    ].join('\n'),
  );
  t.deepEqual(file.args, { BASE: 'debian:12' });
  t.deepEqual(
    file.stages.map(({ name, from }) => [name, from]),
    [
      ['one', '${BASE}'],
      ['1', 'one'],
    ],
  );
  t.deepEqual(file.stages[0]?.instructions, [{ keyword: 'RUN', text: 'a   && b', line: 4 }]);
  t.deepEqual(file.stages[1]?.instructions, [{ keyword: 'COPY', text: 'x y', line: 8 }]);
});

test('an instruction before the first FROM is an error with its line', (t) => {
  t.throws(() => parseDockerfile('\nRUN make'), { message: /line 2: RUN before the first FROM/ });
});

test('variables are replaced, unknown ones by nothing or their default', (t) => {
  t.is(expand('services/${SERVICE}/$SERVICE/${A:-b}${A}', { SERVICE: 'cart' }), 'services/cart/cart/b');
});
