import test from 'ava';
import { isProblemCode, problemCodes, problemTypes, problemTypeUrl } from './problems.ts';

test('every problem has an error status, a title and a way out', (t) => {
  for (const code of problemCodes) {
    const type = problemTypes[code];
    t.regex(code, /^[a-z]+(-[a-z]+)*$/);
    t.true(type.status >= 400 && type.status < 600, code);
    t.false(type.title.endsWith('.'), code);
    t.true(type.cause.endsWith('.') && type.remedy.endsWith('.'), code);
  }
});

test('titles tell problems apart', (t) => {
  const titles = problemCodes.map((code) => problemTypes[code].title);
  t.is(new Set(titles).size, titles.length);
});

test('the type of a problem is an absolute address that ends with its code', (t) => {
  t.is(new URL(problemTypeUrl('slug-taken')).pathname, '/problems/slug-taken');
  t.false(isProblemCode('toString'));
});
