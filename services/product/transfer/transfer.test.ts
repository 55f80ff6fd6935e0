import test from 'ava';
import fc from 'fast-check';
import { ProblemError } from '#chassis/problem.ts';
import { CsvError, formatCsv, readCsv } from './csv.ts';
import { csvColumns, csvHeader, type ExportedProduct, formatProduct } from './csv-products.ts';
import { maximumLineBytes, splitLines, tooLong } from './lines.ts';
import { csvType, ndjsonType, type ReadRow, readRows } from './read-rows.ts';

/** The text in pieces of some bytes, as a network delivers it. */
async function* pieces(text: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text as string);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function* decoded(text: string, size: number): AsyncGenerator<string> {
  for (let start = 0; start < text.length; start += size) yield text.slice(start, start + size);
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of source) list.push(item);
  return list;
}

const read = (text: string | Buffer, type: string, first = 1, size = 7): Promise<ReadRow[]> =>
  all(readRows(pieces(text, size), type, first));

test('lines are the same however the bytes come', async (t) => {
  const text = 'one\r\ntwo ü\n\nlast';
  for (const size of [1, 2, 3, 100]) {
    const lines = await all(splitLines(pieces(text, size)));
    t.deepEqual(lines.map(String), ['one', 'two ü', '', 'last']);
  }
  t.deepEqual(await all(splitLines(pieces('', 1))), []);
});

test('a line that is too long is passed over without being held', async (t) => {
  const long = 'x'.repeat(maximumLineBytes + 1);
  const lines = await all(splitLines(pieces(`a\n${long}\nb\n`, 1000)));
  t.deepEqual(
    lines.map((line) => (line === tooLong ? line : String(line))),
    ['a', tooLong, 'b'],
  );
});

test('any fields come back from CSV, in pieces of any size', async (t) => {
  const field = fc.oneof(fc.string(), fc.constantFrom('', '"', ',', '\n', '\r\n', 'a"b', ' x ', 'ü'));
  const records = fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(records, fc.integer({ min: 1, max: 20 }), async (given, size) => {
      const text = given.map(formatCsv).join('');
      t.deepEqual(await all(readCsv(decoded(text, size))), given);
    }),
  );
});

test('a quote that ends nowhere and a record without an end are told, not collected', async (t) => {
  await t.throwsAsync(all(readCsv(decoded('a,"b\n', 3))), { instanceOf: CsvError });
  const endless = `"${'x'.repeat(maximumLineBytes + 10)}`;
  await t.throwsAsync(all(readCsv(decoded(endless, 1000))), { instanceOf: CsvError });
});

test('lines of NDJSON keep their numbers; what is no product is told by its line', async (t) => {
  const rows = await read(
    '{"slug":"a"}\n\n[1]\nnonsense\n{"a":"\\u0000"}\n{"__proto__":1}\n{"slug":"b"}',
    ndjsonType,
    11,
  );
  t.deepEqual(
    rows.map(({ number, last, written }) => [number, last, written]),
    [
      [11, 11, { slug: 'a' }],
      [12, 12, undefined],
      [13, 13, undefined],
      [14, 14, undefined],
      [15, 15, undefined],
      [16, 16, { slug: 'b' }],
    ],
  );
  t.is(rows.filter(({ fault }) => fault !== undefined).length, 4);
});

test('records of one slug are one product, and come back from its export', async (t) => {
  const product = {
    slug: 'shirt',
    title: 'A "shirt", new',
    description: 'two\nlines',
    status: 'active',
    categoryId: null,
    attributes: { material: 'linen', weight: 3 },
    options: ['size', 'colour'],
    variants: ['S', 'M'].map((size) => ({
      sku: `SHIRT-${size}`,
      options: { size, colour: 'red, dark' },
      barcode: '123',
      weightGrams: 5,
      prices: [
        { currency: 'EUR' as const, amountMinor: 1999, compareAtMinor: 2499 },
        { currency: 'JPY' as const, amountMinor: 3200 },
      ],
    })),
  };
  const [small] = product.variants.map((variant) => ({ ...variant, sku: 'MUG', options: {} }));
  const simple: ExportedProduct = { ...product, slug: 'mug', options: [], variants: [small ?? t.fail()] };
  const text = csvHeader + formatProduct(product) + formatProduct(simple);
  for (const size of [1, 5, 10_000]) {
    const rows = await read(text, csvType, 1, size);
    t.deepEqual(
      rows.map(({ number, last, written }) => ({ number, last, written })),
      [
        { number: 1, last: 2, written: product },
        { number: 3, last: 3, written: simple },
      ],
    );
  }
});

test('CSV that cannot be understood is refused with the reason', async (t) => {
  const refused = async (text: string | Buffer) =>
    (await t.throwsAsync(read(text, csvType), { instanceOf: ProblemError })).message;
  t.regex(await refused('slug,title,sku,price\n'), /the column price is not one of/);
  t.regex(await refused('slug,title,sku\n'), /the column prices is missing/);
  t.regex(await refused('slug,title,sku,prices,slug\n'), /twice/);
  t.regex(await refused(Buffer.from([0x73, 0xff, 0x0a])), /not UTF-8/);
  t.regex(await refused('slug,title,sku,prices\na,"b'), /broken after record 0/);
  const short = await read('slug,title,sku,prices\na,A,1,EUR 1\nb,B\nc,C,3,EUR 3\n', csvType);
  t.deepEqual(
    short.map(({ number, fault }) => [number, fault]),
    [
      [1, undefined],
      [2, 'the record has 2 fields, the header 4'],
      [3, undefined],
    ],
  );
  const marked = await read('\uFEFFslug,title,sku,prices\na,A,1,EUR 1.5\n', csvType);
  t.like(marked[0]?.written, { variants: [{ prices: [{ currency: 'EUR', amountMinor: null }] }] });
  t.is(csvColumns.length, 11);
});
