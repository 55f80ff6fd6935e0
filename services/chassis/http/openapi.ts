/** The OpenAPI 3.1 description of a service, made from its routes. */
import type { z } from 'zod';
import { headers } from '#contracts/headers.ts';
import { type ProblemCode, problemCodes, problemTypes } from '#contracts/problems.ts';
import { collectSchema, type JsonSchema, type SchemaCollection } from './openapi-schemas.ts';
import { declaredProblems, type ResponseDeclaration, type Route, type RouteDeclaration } from './route.ts';

export interface ApiInfo {
  readonly title: string;
  readonly description: string;
  readonly version: string;
}

/** A document that says what the routes say, in the order of the routes. */
export type OpenApiDocument = Readonly<Record<string, unknown>>;

/** Throws when two operations share an id, or two different schemas share a name. */
export function describeApi<Deps>(info: ApiInfo, routes: readonly Route<Deps>[]): OpenApiDocument {
  const schemas: SchemaCollection = new Map([['Problem', problemSchema]]);
  const paths: Record<string, Record<string, unknown>> = {};
  const ids = new Set<string>();
  for (const { declaration } of routes) {
    if (ids.has(declaration.operationId)) throw new Error(`two operations are called ${declaration.operationId}`);
    ids.add(declaration.operationId);
    const path = paths[declaration.path] ?? {};
    path[declaration.method.toLowerCase()] = describeOperation(declaration, schemas);
    paths[declaration.path] = path;
  }
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: Object.fromEntries([...schemas].toSorted(([left], [right]) => (left < right ? -1 : 1))),
    },
  };
}

function describeOperation(declaration: RouteDeclaration, schemas: SchemaCollection): Record<string, unknown> {
  return {
    operationId: declaration.operationId,
    summary: declaration.summary,
    ...(declaration.description === undefined ? {} : { description: declaration.description }),
    tags: [declaration.tag],
    ...describeAccess(declaration),
    parameters: [
      ...describeParameters('path', declaration.params, schemas),
      ...describeParameters('query', declaration.query, schemas),
      ...describeHeaders(declaration),
    ],
    ...describeBody(declaration, schemas),
    responses: { ...describeResponses(declaration, schemas), ...describeProblems(declaration) },
  };
}

function describeAccess({ access }: RouteDeclaration): Record<string, unknown> {
  if (access === 'public') return { security: [{}, { bearer: [] }] };
  const security = [{ bearer: [] }];
  return access === 'authenticated' ? { security } : { security, 'x-roles': access };
}

function describeParameters(
  place: 'path' | 'query',
  schema: z.ZodType | undefined,
  schemas: SchemaCollection,
): readonly unknown[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = collectSchema(schema, 'input', schemas);
  return Object.entries(properties).map(([name, { description, ...type }]) => ({
    name,
    in: place,
    ...(place === 'path' || required.includes(name) ? { required: true } : {}),
    ...(description === undefined ? {} : { description }),
    schema: type,
  }));
}

function describeHeaders(declaration: RouteDeclaration): readonly unknown[] {
  const text = { type: 'string', minLength: 1, maxLength: 128 };
  const list: unknown[] = [
    ...describeOptional('header', declaration.headers),
    ...describeOptional('cookie', declaration.cookies),
  ];
  if (declaration.precondition === 'if-match') {
    list.push({
      name: 'If-Match',
      in: 'header',
      required: true,
      description: 'The ETag of the version to change.',
      schema: text,
    });
  }
  if (declaration.idempotency !== undefined) {
    list.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: declaration.idempotency === 'required',
      description: 'A repeated request with the same key is answered with the first reply.',
      schema: text,
    });
  }
  return list;
}

function describeOptional(
  place: 'header' | 'cookie',
  declared: Readonly<Record<string, string>> = {},
): readonly unknown[] {
  return Object.entries(declared).map(([name, description]) => ({
    name,
    in: place,
    description,
    schema: { type: 'string', minLength: 1, maxLength: 128 },
  }));
}

function describeBody({ body }: RouteDeclaration, schemas: SchemaCollection): Record<string, unknown> {
  if (body === undefined) return {};
  if (body.isStream === true) {
    return { requestBody: { required: true, description: body.description, content: describeBytes(body.mediaTypes) } };
  }
  const schema = collectSchema(body.schema, 'input', schemas);
  const mediaTypes = ['application/json', ...(body.mediaTypes ?? [])];
  const content = Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, { schema }]));
  return { requestBody: { required: true, description: body.description, content } };
}

/** Bodies that are no JSON: text for what is text, and nothing said of bytes, as OpenAPI 3.1 wants it. */
function describeBytes(mediaTypes: readonly string[] = []): Record<string, unknown> {
  return Object.fromEntries(
    mediaTypes.map((mediaType) => [mediaType, mediaType.startsWith('image/') ? {} : { schema: { type: 'string' } }]),
  );
}

function describeResponses(declaration: RouteDeclaration, schemas: SchemaCollection): Record<string, unknown> {
  const entries = Object.entries(declaration.responses).map(([status, response]) => [
    status,
    {
      description: response.description,
      headers: { [headers.requestId]: requestIdHeader, ...describeResponseHeaders(response) },
      ...(response.mediaTypes === undefined ? {} : { content: describeBytes(response.mediaTypes) }),
      ...(response.schema === undefined
        ? {}
        : { content: { 'application/json': { schema: collectSchema(response.schema, 'output', schemas) } } }),
    },
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>; // fromEntries is typed loosely
}

const requestIdHeader = { description: 'Names this request in logs and problems.', schema: { type: 'string' } };

function describeResponseHeaders(response: ResponseDeclaration): Record<string, unknown> {
  const entries = Object.entries(response.headers ?? {});
  return Object.fromEntries(entries.map(([name, description]) => [name, { description, schema: { type: 'string' } }]));
}

function describeProblems(declaration: RouteDeclaration): Record<string, unknown> {
  const byStatus = Map.groupBy(declaredProblems(declaration), (code) => problemTypes[code].status);
  const entries = [...byStatus].map(([status, codes]) => [
    status,
    {
      description: codes.map((code) => `\`${code}\`: ${problemTypes[code].title}.`).join(' '),
      content: { 'application/problem+json': { schema: problemRef(codes) } },
    },
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>; // fromEntries is typed loosely
}

function problemRef(codes: readonly ProblemCode[]): unknown {
  return { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }] };
}

const entrySchema: JsonSchema = {
  type: 'object',
  required: ['detail'],
  additionalProperties: false,
  properties: {
    pointer: { type: 'string', description: 'JSON pointer into the body.' },
    parameter: { type: 'string', description: 'Name of a parameter.' },
    detail: { type: 'string' },
  },
};

const problemSchema: JsonSchema = {
  type: 'object',
  description: 'RFC 9457 problem details.',
  required: ['type', 'title', 'status', 'code'],
  additionalProperties: false,
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: [...problemCodes] },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'urn:request:<request id>' },
    errors: { type: 'array', items: entrySchema },
  },
};
