import type { SchemaNode } from '../../operator/api/v1beta1/crd-schema.ts';

/**
 * Faults that the API server would refuse or that would cost us later: nodes without a type, closed objects, strings,
 * lists and maps without an upper bound (rules on them cannot be priced), and fields without a description.
 */
export function findSchemaFaults(node: SchemaNode, path = ''): readonly string[] {
  return [
    ...checks.flatMap((check) => check(node)).map((fault) => `${path === '' ? 'the root' : path}: ${fault}`),
    ...children(node, path).flatMap(([childPath, child]) => findSchemaFaults(child, childPath)),
  ];
}

type Check = (node: SchemaNode) => readonly string[];

const forbidden = ['$ref', 'oneOf', 'allOf', 'not', 'nullable', 'patternProperties', 'definitions'];

const checks: readonly Check[] = [
  (node) => (node.type === undefined && node['x-kubernetes-int-or-string'] !== true ? ['no type'] : []),
  (node) => (node.description === undefined ? ['no description'] : []),
  (node) => forbidden.filter((key) => key in node).map((key) => `${key} is not structural`),
  (node) =>
    Object.hasOwn(node, 'additionalProperties') && typeof node.additionalProperties !== 'object'
      ? ['closed object']
      : [],
  (node) =>
    typeof node.additionalProperties === 'object' && node.maxProperties === undefined
      ? ['map without maxProperties']
      : [],
  (node) => (node.type === 'string' && !isBoundedString(node) ? ['string without maxLength'] : []),
  (node) => (node.type === 'array' && node.maxItems === undefined ? ['list without maxItems'] : []),
  // Clients that replace lists as a whole would see a difference for ever.
  (node) => (node.type === 'array' && hasDefault(node.items) ? ['default inside of a list'] : []),
  (node) => (node.type === 'array' && node['x-kubernetes-list-type'] === undefined ? ['list without a list type'] : []),
];

function hasDefault(node: SchemaNode | undefined): boolean {
  return (
    node !== undefined && (node.default !== undefined || children(node, 'item').some(([, child]) => hasDefault(child)))
  );
}

function isBoundedString(node: SchemaNode): boolean {
  return node.maxLength !== undefined || node.enum !== undefined || node.format === 'date-time';
}

/** The server itself describes apiVersion, kind and metadata. */
const describedByServer = new Set(['apiVersion', 'kind', 'metadata']);

function children(node: SchemaNode, path: string): readonly (readonly [string, SchemaNode])[] {
  const properties = Object.entries(node.properties ?? {}).filter(
    ([name]) => path !== '' || !describedByServer.has(name),
  );
  return [
    ...properties.map(([name, child]) => [path === '' ? name : `${path}.${name}`, child] as const),
    ...(node.items === undefined ? [] : [[`${path}[]`, node.items] as const]),
    ...(typeof node.additionalProperties !== 'object' ? [] : [[`${path}.*`, node.additionalProperties] as const]),
  ];
}
