import type { SchemaNode } from './crd-schema.ts';
import { childrenOf, isRecord } from './schema-walk.ts';

/** What is wrong with the shape of a value; `isBlocking` when rules cannot be trusted to run on it. */
export interface ShapeFault {
  readonly path: string;
  readonly value: string | undefined;
  readonly detail: string;
  readonly isBlocking: boolean;
}

/** Types, bounds and required fields, in the words of the API server. */
export function checkShape(node: SchemaNode, value: unknown, path: string): readonly ShapeFault[] {
  if (!hasType(node, value)) {
    const name = typeName(value);
    const detail = `${path === '' ? 'the object' : path} in body must be of type ${node.type ?? 'integer or string'}: "${name}"`;
    return [{ path, value: `"${name}"`, detail: `Invalid value: "${name}": ${detail}`, isBlocking: true }];
  }
  return [
    ...missingFields(node, value, path),
    ...boundFaults(node, value, path),
    ...childrenOf({ node, value, path }, (parent, name) => `${parent}.${name}`).flatMap((child) =>
      checkShape(child.node, child.value, child.path),
    ),
  ];
}

function hasType(node: SchemaNode, value: unknown): boolean {
  if (node['x-kubernetes-int-or-string'] === true) {
    return typeof value === 'string' || Number.isInteger(value);
  }
  const check = typeChecks[node.type ?? 'object'];
  return check(value);
}

const typeChecks: Readonly<Record<NonNullable<SchemaNode['type']>, (value: unknown) => boolean>> = {
  object: isRecord,
  array: Array.isArray,
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
};

function typeName(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'array';
  }
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function missingFields(node: SchemaNode, value: unknown, path: string): readonly ShapeFault[] {
  return (node.required ?? [])
    .filter((name) => !isRecord(value) || value[name] === undefined)
    .map((name) => ({
      path: path === '' ? name : `${path}.${name}`,
      value: undefined,
      detail: 'Required value',
      isBlocking: true,
    }));
}

function boundFaults(node: SchemaNode, value: unknown, path: string): readonly ShapeFault[] {
  if (typeof value === 'string') {
    return stringFaults(node, value, path);
  }
  if (typeof value === 'number') {
    return [
      ...(value < (node.minimum ?? value)
        ? [invalid(node, value, path, `should be greater than or equal to ${node.minimum}`)]
        : []),
      ...(value > (node.maximum ?? value)
        ? [invalid(node, value, path, `should be less than or equal to ${node.maximum}`)]
        : []),
    ];
  }
  return countFaults(node, value, path);
}

function invalid(node: SchemaNode, value: unknown, path: string, what: string): ShapeFault {
  const shown = show(node, value);
  const detail = shown === undefined ? `${path} in body ${what}` : `Invalid value: ${shown}: ${path} in body ${what}`;
  return { path, value: shown, detail, isBlocking: false };
}

/** `undefined` for what may be secret. */
function show(node: SchemaNode, value: unknown): string | undefined {
  return node.format === 'password' ? undefined : JSON.stringify(value);
}

function stringFaults(node: SchemaNode, value: string, path: string): readonly ShapeFault[] {
  const length = [...value].length;
  if (node.enum !== undefined && !node.enum.includes(value)) {
    const shown = show(node, value);
    const allowed = node.enum.map((word) => `"${word}"`).join(', ');
    return [
      { path, value: shown, detail: `Unsupported value: ${shown}: supported values: ${allowed}`, isBlocking: true },
    ];
  }
  return [
    ...(length > (node.maxLength ?? length)
      ? [{ path, value: undefined, detail: `Too long: may not be more than ${node.maxLength} bytes`, isBlocking: true }]
      : []),
    ...(length < (node.minLength ?? 0)
      ? [invalid(node, value, path, `should be at least ${node.minLength} chars long`)]
      : []),
  ];
}

function countFaults(node: SchemaNode, value: unknown, path: string): readonly ShapeFault[] {
  const count = Array.isArray(value) ? value.length : Object.keys(Object(value)).length;
  const tooFew = `${path} in body should have at least ${node.minItems ?? 0} items`;
  const maximum = Array.isArray(value) ? node.maxItems : node.maxProperties;
  return [
    ...(count > (maximum ?? count)
      ? [{ path, value: undefined, detail: `Too many: ${count}: must have at most ${maximum} items`, isBlocking: true }]
      : []),
    ...(Array.isArray(value) && count < (node.minItems ?? 0)
      ? [{ path, value: undefined, detail: `Invalid value: ${count}: ${tooFew}`, isBlocking: false }]
      : []),
  ];
}
