import asyncapiSpecs from '@asyncapi/specs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import test from 'ava';
import { parse } from 'yaml';
import { findHouseFaults, type JsonObject, listSchemas } from './api-documents.ts';
import { generators } from './generators.ts';

const documentAt = (path: string): JsonObject => parse(generators.find((other) => other.path === path)?.render() ?? '');
const apiPaths = generators.map(({ path }) => path).filter((path) => path.endsWith('/openapi.yaml'));
const eventsPath = 'docs/reference/asyncapi.yaml';

/** Formats are left alone here: those of our schemas are tried on real answers by the services' own tests. */
const schemas = new Ajv2020({ strict: false, validateFormats: false });
// `as`: the types of the package are of another edition of JSON Schema's than those of ajv.
const validateEvents = new Ajv({ strict: false, validateFormats: false }).compile(
  asyncapiSpecs.schemasWithoutId['3.0.0'] as object,
);

/** Copies a document and changes the first operation of the copy. */
function broken(document: JsonObject, change: (operation: Record<string, unknown>) => void): JsonObject {
  const copy = structuredClone(document) as { paths: Record<string, Record<string, Record<string, unknown>>> };
  const operation = Object.values(Object.values(copy.paths)[0] ?? {})[0];
  if (operation !== undefined) change(operation);
  return copy;
}

for (const path of apiPaths) {
  test(`${path} is valid by the official schema of OpenAPI 3.1, and its schemas by JSON Schema 2020-12`, async (t) => {
    const document = documentAt(path);
    t.deepEqual(await new Validator().validate(structuredClone(document)), { valid: true });
    const all = listSchemas(document);
    t.true(all.length > 10);
    for (const schema of all) t.true(schemas.validateSchema(schema), schemas.errorsText());
  });

  test(`${path} keeps the rules of the house`, (t) => {
    t.deepEqual(findHouseFaults(documentAt(path)), []);
  });
}

test(`${eventsPath} is valid by the official schema of AsyncAPI 3.0, bindings of Kafka among them`, (t) => {
  const document = documentAt(eventsPath);
  t.true(validateEvents(document), JSON.stringify(validateEvents.errors, undefined, 2));
  for (const schema of listSchemas(document)) t.true(schemas.validateSchema(schema), schemas.errorsText());
});

test('what breaks an official schema is found', async (t) => {
  const api = broken(documentAt('services/cart/openapi.yaml'), (operation) => {
    operation['parameters'] = [{ name: 'id', in: 'path', schema: {} }]; // a path parameter must be required
  });
  t.false((await new Validator().validate(api)).valid);
  t.false(schemas.validateSchema({ type: 'text' }));
  t.false(validateEvents({ ...documentAt(eventsPath), operations: { read: { action: 'read' } } }));
  for (const [policy, isValid] of [['compact', false] as const, [['compact'], true] as const]) {
    const channel = { bindings: { kafka: { topicConfiguration: { 'cleanup.policy': policy } } } };
    t.is(validateEvents({ ...documentAt(eventsPath), channels: { one: channel } }), isValid);
  }
});

const described = { 'application/json': { schema: {} } };
const breaches: readonly (readonly [string, (operation: Record<string, unknown>) => void])[] = [
  ['does not say who may call it', (operation) => Object.assign(operation, { security: [] })],
  ['is public and wants roles', (operation) => Object.assign(operation, { security: [{}], 'x-roles': ['admin'] })],
  ['wants the roles [king]', (operation) => Object.assign(operation, { 'x-roles': ['king'] })],
  ['has no answer 500', (operation) => delete (operation['responses'] as Record<string, unknown>)['500']],
  [
    'answers 418 without a problem',
    (operation) =>
      Object.assign(operation['responses'] as object, { 418: { description: 'Tea.', content: described } }),
  ],
];
for (const [fault, change] of breaches) {
  test(`an operation that ${fault} breaks a rule of the house`, (t) => {
    const found = findHouseFaults(broken(documentAt('services/inventory/openapi.yaml'), change));
    t.true(
      found.some((sentence) => sentence.endsWith(fault)),
      found.join(),
    );
  });
}
