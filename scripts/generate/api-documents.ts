/** House rules for the API descriptions, beside what the official schemas and the linter (scripts/redocly.yaml) demand. */
import { roles } from '../../services/contracts/identity.ts';
import { problemCodes } from '../../services/contracts/problems.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The schemas of a description that stand by themselves: those of parameters, headers, bodies, events and the shared ones. */
export function listSchemas(value: unknown): readonly JsonObject[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'schema' || key === 'payload') return [inner as JsonObject]; // by the official schema
    return key === 'schemas' ? Object.values<JsonObject>(inner) : listSchemas(inner);
  });
}

/** A sentence for each house rule that an operation of an OpenAPI description breaks; the description must be valid. */
export function findHouseFaults(document: JsonObject): readonly string[] {
  const paths = Object.values(document['paths'] as Readonly<Record<string, Readonly<Record<string, Operation>>>>);
  return paths
    .flatMap((methods) => Object.values(methods))
    .flatMap((operation) => [
      ...findFaultsOfAccess(operation).map((fault) => `${operation.operationId} ${fault}`),
      ...findFaultsOfAnswers(operation).map((fault) => `${operation.operationId} ${fault}`),
    ]);
}

interface Operation {
  readonly operationId: string;
  readonly security: readonly JsonObject[];
  readonly 'x-roles'?: readonly string[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, MediaType>> }>>;
}

interface MediaType {
  readonly schema?: { readonly allOf?: readonly { readonly properties?: { readonly code?: { enum?: unknown } } }[] };
}

/** Each operation says who may call it: everybody, everybody who is signed in, or some roles. */
function findFaultsOfAccess({ security, 'x-roles': wanted }: Operation): readonly string[] {
  if (security.length === 0) return ['does not say who may call it'];
  if (wanted === undefined) return [];
  const isPublic = security.some((way) => Object.keys(way).length === 0);
  return [
    ...(isPublic ? ['is public and wants roles'] : []),
    ...(isListOf(wanted, roles) ? [] : [`wants the roles [${wanted}]`]),
  ];
}

/** Errors are problem details that name their codes, and those that any operation can have are described with each. */
function findFaultsOfAnswers({ responses, 'x-roles': wanted }: Operation): readonly string[] {
  const expected = ['400', '401', ...(wanted === undefined ? [] : ['403']), '500', '503'];
  const errors = Object.entries(responses).filter(([status]) => Number(status) >= 400);
  return [
    ...expected.filter((status) => responses[status] === undefined).map((status) => `has no answer ${status}`),
    ...errors
      .filter(
        ([, { content = {} }]) => Object.keys(content).join() !== 'application/problem+json' || !hasCodes(content),
      )
      .map(([status]) => `answers ${status} without a problem`),
  ];
}

function hasCodes(content: Readonly<Record<string, MediaType>>): boolean {
  const parts = content['application/problem+json']?.schema?.allOf ?? [];
  return parts.some(({ properties }) => isListOf(properties?.code?.enum, problemCodes));
}

function isListOf(value: unknown, known: readonly string[]): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((entry) => known.includes(entry));
}
