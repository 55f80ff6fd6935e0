import test from 'ava';
import fc from 'fast-check';
import { canonicalQuantity, compareQuantities, parseQuantity, quantityToNumber } from './quantity.ts';

const spellings: readonly (readonly [string | number, string])[] = [
  ['0.5', '500m'],
  [2, '2'],
  ['1000m', '1'],
  ['1024Mi', '1Gi'],
  ['1536Mi', '1536Mi'],
  ['0.5Gi', '512Mi'],
  ['0.1Gi', '107374182400m'],
  ['512Ki', '512Ki'],
  ['0.5Ki', '512'],
  ['0', '0'],
  ['0Gi', '0'],
  ['-1500m', '-1500m'],
  ['+1', '1'],
  ['1e3', '1e3'],
  ['1.5n', '2n'],
];

for (const [text, canonical] of spellings) {
  test(`${text} is spelled ${canonical}`, (t) => {
    t.is(canonicalQuantity(text), canonical);
  });
}

for (const text of ['', '1GB', '1 Gi', 'Gi', '1,5', '0x10', '1KI', '--1', '1e']) {
  test(`"${text}" is no quantity`, (t) => {
    t.is(parseQuantity(text), undefined);
    t.throws(() => canonicalQuantity(text), {
      instanceOf: RangeError,
      message: /no Kubernetes quantity; write for example/,
    });
  });
}

const arbitraryQuantity = fc
  .tuple(
    fc.integer({ min: -100_000, max: 100_000 }),
    fc.option(fc.integer({ min: 0, max: 999 }), { nil: undefined }),
    fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e2', 'e-3'),
  )
  .map(([whole, fraction, suffix]) => `${whole}${fraction === undefined ? '' : `.${fraction}`}${suffix}`);

test('the canonical spelling is of the same value, and its own canonical spelling', (t) => {
  fc.assert(
    fc.property(arbitraryQuantity, (text) => {
      const canonical = canonicalQuantity(text);
      return compareQuantities(canonical, text) === 0 && canonicalQuantity(canonical) === canonical;
    }),
  );
  t.pass();
});

test('equal values of one family are spelled alike', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), (gibibytes) => {
      return canonicalQuantity(`${gibibytes}Gi`) === canonicalQuantity(`${gibibytes * 1024}Mi`);
    }),
  );
  t.pass();
});

test('comparison is an order', (t) => {
  fc.assert(
    fc.property(arbitraryQuantity, arbitraryQuantity, arbitraryQuantity, (a, b, c) => {
      const isAntisymmetric = compareQuantities(a, b) === -compareQuantities(b, a) || compareQuantities(a, b) === 0;
      const isTransitive =
        !(compareQuantities(a, b) <= 0 && compareQuantities(b, c) <= 0) || compareQuantities(a, c) <= 0;
      return isAntisymmetric && isTransitive;
    }),
  );
  t.pass();
});

test('numbers are whole units, rounded up', (t) => {
  t.is(quantityToNumber('1Gi'), 1024 ** 3);
  t.is(quantityToNumber('1500m'), 2);
});
