import { readFileSync } from 'node:fs';
import test from 'ava';
import { parse } from 'yaml';
import { servicePorts } from '#contracts/services.ts';

// A misspelt member that is ignored is a wish that is not fulfilled and not refused: bodies say all that they take.

type Json = Readonly<Record<string, unknown>>;

/** Maps whose names the caller makes up, by service, operation and place in the body. Everything else is closed. */
const freeForm: readonly string[] = [
  'product createProduct /attributes',
  'product createProduct /variants/*/options',
  'product createVariant /options',
  'product replaceVariants /variants/*/options',
  'product updateProduct /attributes',
  'product updateVariant /options',
];

const described = Object.keys(servicePorts).flatMap((service) => {
  try {
    const text = readFileSync(new URL(`../../services/${service}/openapi.yaml`, import.meta.url), 'utf8');
    return [{ service, document: parse(text) as Json }]; // a document is an object
  } catch {
    // Planned, and not there yet.
    return [];
  }
});

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

/** Follows a reference inside the document. */
function resolve(document: Json, value: unknown): unknown {
  if (!isObject(value) || typeof value['$ref'] !== 'string') return value;
  const names = value['$ref'].slice('#/'.length).split('/');
  return names.reduce<unknown>((node, name) => (isObject(node) ? node[name] : undefined), document);
}

/** Places where the schema takes members that it does not name. */
function openPlaces(document: Json, value: unknown, path: string): readonly string[] {
  const schema = resolve(document, value);
  if (!isObject(schema)) return [];
  const { properties, additionalProperties, items } = schema;
  const choices = ['anyOf', 'oneOf', 'allOf', 'prefixItems'].flatMap((keyword) => schema[keyword] ?? []);
  const isOpen = (schema['type'] === 'object' || isObject(properties)) && additionalProperties !== false;
  return [
    ...(isOpen ? [path] : []),
    ...Object.entries(isObject(properties) ? properties : {}).flatMap(([name, inner]) =>
      openPlaces(document, inner, `${path}/${name}`),
    ),
    ...openPlaces(document, additionalProperties, `${path}/*`),
    ...openPlaces(document, items, `${path}/*`),
    ...choices.flatMap((inner) => openPlaces(document, inner, path)),
  ];
}

/** Every schema of a request body, by operation. */
function bodies(document: Json): readonly { readonly operation: string; readonly schema: unknown }[] {
  const operations = Object.values(document['paths'] as Json).flatMap((path) => Object.values(path as Json)); // of OpenAPI
  return operations.filter(isObject).flatMap(({ operationId, requestBody }) => {
    const { content = {} } = (resolve(document, requestBody) ?? {}) as { readonly content?: Json }; // of OpenAPI
    const schemas = Object.values(content).map((media) => (isObject(media) ? media['schema'] : undefined));
    return schemas.map((schema) => ({ operation: String(operationId), schema }));
  });
}

for (const { service, document } of described) {
  test(`every body that ${service} takes refuses members that it does not know, at every depth`, (t) => {
    const open = bodies(document).flatMap(({ operation, schema }) =>
      openPlaces(document, schema, `${service} ${operation} `),
    );
    t.deepEqual(
      [...new Set(open)].toSorted(),
      freeForm.filter((place) => place.startsWith(`${service} `)),
    );
  });
}

test('bodies are found, and an open place in one as well', (t) => {
  t.true(described.flatMap(({ document }) => bodies(document)).length > 30);
  const closed = { type: 'object', additionalProperties: false };
  const document = { components: { schemas: { Open: { type: 'object', properties: { a: { type: 'string' } } } } } };
  const open = { $ref: '#/components/schemas/Open' };
  const places = (properties: Json) => openPlaces(document, { ...closed, properties }, '');
  t.deepEqual(places({ a: open, b: { type: 'array', items: open }, c: { anyOf: [closed, open] }, d: closed }), [
    '/a',
    '/b/*',
    '/c',
  ]);
  t.deepEqual(places({ map: { type: 'object', additionalProperties: open } }), ['/map', '/map/*']);
});
