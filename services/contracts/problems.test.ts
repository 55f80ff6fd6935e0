import test from 'ava';
import { accountProblems } from './problems/accounts.ts';
import { cartProblems } from './problems/carts.ts';
import { catalogueProblems } from './problems/catalogue.ts';
import { generalProblems } from './problems/general.ts';
import { searchProblems } from './problems/search.ts';
import { stockProblems } from './problems/stock.ts';
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

test('a code stands in one of the files only', (t) => {
  const files = [accountProblems, cartProblems, catalogueProblems, generalProblems, searchProblems, stockProblems];
  const codes = files.flatMap((file) => Object.keys(file));
  t.deepEqual(codes.toSorted(), [...problemCodes].toSorted());
});

test('titles tell problems apart', (t) => {
  const titles = problemCodes.map((code) => problemTypes[code].title);
  t.is(new Set(titles).size, titles.length);
});

test('the type of a problem is an absolute address that ends with its code', (t) => {
  t.is(new URL(problemTypeUrl('slug-taken')).pathname, '/problems/slug-taken');
  t.false(isProblemCode('toString'));
});
