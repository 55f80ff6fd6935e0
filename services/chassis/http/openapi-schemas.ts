/** Zod schemas as JSON Schema with shared names, the way OpenAPI 3.1 wants them. */
import { z } from 'zod';

/** The part of JSON Schema that we read or write by name. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** `components.schemas` while it is being collected. */
export type SchemaCollection = Map<string, JsonSchema>;

/**
 * The JSON Schema of `schema` as callers write it (`input`) or read it (`output`). Schemas with a `meta({id})` go into
 * `collection` and are referred to; two different ones with the same id are a defect.
 */
export function collectSchema(schema: z.ZodType, io: 'input' | 'output', collection: SchemaCollection): JsonSchema {
  const converted = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' });
  const {
    $schema: _dialect,
    $defs,
    ...root
  } = rewrite(converted) as JsonSchema & { $defs?: Record<string, JsonSchema> }; // an object stays one
  for (const [id, definition] of Object.entries($defs ?? {})) addDefinition(id, definition, collection);
  const { id, ...inline } = root;
  if (typeof id !== 'string') return root;
  addDefinition(id, inline, collection);
  return { $ref: `#/components/schemas/${id}` };
}

function addDefinition(id: string, definition: JsonSchema, collection: SchemaCollection): void {
  const { id: _id, ...content } = definition;
  const known = collection.get(id);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(content)) {
    throw new Error(`two different schemas are called ${id}; give the request and the response form different names`);
  }
  collection.set(id, content);
}

function rewrite(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewrite);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !isIrrelevant(key, value));
  return Object.fromEntries(entries.map(([key, inner]) => [key, key === '$ref' ? rewriteRef(inner) : rewrite(inner)]));
}

function rewriteRef(ref: unknown): unknown {
  return typeof ref === 'string' ? ref.replace('#/$defs/', '#/components/schemas/') : ref;
}

/**
 * A pattern beside a type that is not text, and beside a format that says the same, only repeats itself; so do the words
 * of a parameter beside `boolean`, and they are no booleans.
 */
function isIrrelevant(key: string, owner: object): boolean {
  if (key === 'enum') return 'type' in owner && owner.type === 'boolean';
  if (key !== 'pattern') return false;
  return ('type' in owner && owner.type !== 'string') || 'format' in owner;
}
