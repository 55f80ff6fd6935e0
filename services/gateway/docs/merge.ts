/** The descriptions of all services as one, with the paths that lead to them from outside. Pure. */

/** An OpenAPI 3.1 document of our own generator, as far as merging looks into it. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

export interface DescribedService {
  /** `product` */
  readonly name: string;
  readonly document: ApiDocument;
}

export interface MergeOptions {
  readonly title: string;
  readonly version: string;
  /** Services whose description could not be had. */
  readonly missing: readonly string[];
  /** Whether a path of the service can be reached from outside. */
  readonly isReachable: (service: string, path: string) => boolean;
}

/** The same everywhere, and named by everybody. */
const sharedSchemas = new Set(['Problem']);
const referencePrefix = '#/components/schemas/';

/** Schemas get the name of their service in front: `Price` of two services need not be the same. Operations keep their ids. */
export function mergeDescriptions(services: readonly DescribedService[], options: MergeOptions) {
  const paths: Record<string, unknown> = {};
  const schemas: Record<string, unknown> = {};
  for (const { name, document } of services) {
    const rename = (schema: string): string => (sharedSchemas.has(schema) ? schema : capitalise(name) + schema);
    for (const [path, operations] of Object.entries(document.paths)) {
      if (!options.isReachable(name, path)) continue;
      paths[path] = mapReferences(withService(operations, name), rename);
    }
    for (const [schema, content] of Object.entries(document.components.schemas))
      schemas[rename(schema)] = mapReferences(content, rename);
  }
  return {
    openapi: '3.1.0',
    info: { title: options.title, version: options.version, description: describeMissing(options.missing) },
    servers: [{ url: '/' }],
    paths: sorted(paths),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: sorted(schemas),
    },
  };
}

function describeMissing(missing: readonly string[]): string {
  const all = 'All operations of the shop that can be reached from outside.';
  return missing.length === 0 ? all : `${all} Not described now, because they do not answer: ${missing.join(', ')}.`;
}

function withService(operations: Readonly<Record<string, unknown>>, service: string): Record<string, unknown> {
  const entries = Object.entries(operations).map(([method, operation]) => [
    method,
    { ...(operation as object), 'x-service': service }, // an operation is an object
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>; // fromEntries is typed loosely
}

function mapReferences(value: unknown, rename: (schema: string) => string): unknown {
  if (Array.isArray(value)) return value.map((entry) => mapReferences(entry, rename));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    name,
    name === '$ref' && typeof inner === 'string' && inner.startsWith(referencePrefix)
      ? referencePrefix + rename(inner.slice(referencePrefix.length))
      : mapReferences(inner, rename),
  ]);
  return Object.fromEntries(entries);
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sorted(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
