import test from 'ava';
import { z } from 'zod';
import { currentSchemas, findBreaks, releasedSchemas } from './released-events.ts';

test('released events have changed only so that consumers of both releases read both', (t) => {
  t.deepEqual(findBreaks(releasedSchemas(), currentSchemas()), []);
});

const type = 'shop.test.things.v1';
const line = z.looseObject({ sku: z.string(), quantity: z.int().min(1) });
const base = { id: z.uuid(), status: z.enum(['open', 'closed']), note: z.string().optional(), lines: z.array(line) };
const schemasOf = (schema: z.ZodType) => currentSchemas([{ type, schema }]);
const released = schemasOf(z.looseObject(base));

const compatible: readonly (readonly [string, z.ZodType])[] = [
  ['an optional field more', z.looseObject({ ...base, colour: z.string().optional() })],
  ['one inside a list', z.looseObject({ ...base, lines: z.array(line.extend({ colour: z.string().optional() })) })],
  ['other words for people', z.looseObject({ ...base, id: z.uuid().describe('Of the thing.') })],
];

for (const [title, schema] of compatible) {
  test(`${title} is compatible`, (t) => {
    t.deepEqual(findBreaks(released, schemasOf(schema)), []);
  });
}

const { note: _note, ...withoutNote } = base;
const breaking: readonly (readonly [string, z.ZodType, RegExp])[] = [
  ['a removed field', z.looseObject(withoutNote), /^shop\.test\.things\.v1 \/note: removed; make it a new type$/],
  ['a required field more', z.looseObject({ ...base, colour: z.string() }), /\/colour: newly required/],
  ['a field that becomes required', z.looseObject({ ...base, note: z.string() }), /\/note: newly required/],
  ['a field that may be missing now', z.looseObject({ ...base, id: z.uuid().optional() }), /\/id: may be missing now/],
  ['another type', z.looseObject({ ...base, note: z.int().optional() }), /\/note#type: was "string" and is "integer"/],
  ['a narrower list of words', z.looseObject({ ...base, status: z.enum(['open']) }), /\/status#enum#1: was "closed"/],
  ['a wider one', z.looseObject({ ...base, status: z.enum(['open', 'closed', 'lost']) }), /\/status#enum#2: was not/],
  [
    'a narrower number in a list',
    z.looseObject({ ...base, lines: z.array(line.extend({ quantity: z.int().min(2) })) }),
    /\/lines#items\/quantity#minimum: was 1 and is 2/,
  ],
  ['a schema that is closed now', z.strictObject(base), /#additionalProperties: was \{\} and is false/],
];

for (const [title, schema, message] of breaking) {
  test(`${title} is told with its type and its field`, (t) => {
    const breaks = findBreaks(released, schemasOf(schema));
    t.true(breaks.length > 0);
    t.regex(breaks[0] ?? '', message);
  });
}

test('a shared form is followed to where it is defined', (t) => {
  const shared = (inner: z.ZodType) => z.looseObject({ price: z.looseObject({ minor: inner }).meta({ id: 'Price' }) });
  t.deepEqual(findBreaks(schemasOf(shared(z.int())), schemasOf(shared(z.int()))), []);
  t.regex(findBreaks(schemasOf(shared(z.int())), schemasOf(shared(z.string())))[0] ?? '', /\/price\/minor#type/);
});

test('a type that is gone is told', (t) => {
  t.regex(findBreaks(released, {})[0] ?? '', /things\.v1: removed/);
});
