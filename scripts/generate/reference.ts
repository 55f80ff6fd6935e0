import type { SchemaNode } from '../../operator/api/v1beta1/crd-schema.ts';
import { rootSchema } from '../../operator/api/v1beta1/schema/crd.ts';

import { renderProfiles } from './profiles-table.ts';

interface Row {
  readonly path: string;
  readonly node: SchemaNode;
  readonly isRequired: boolean;
}

/** `docs/reference/ecommercestack.md`: every field with type, default, bounds and rules. */
export function renderReference(header: string): string {
  const root = rootSchema();
  const { spec, status } = root.properties ?? {};
  return [
    header,
    '',
    '# EcommerceStack',
    '',
    `\`ecommerce.stack/v1beta1\`, namespaced, short name \`eshop\`. ${root.description ?? ''}`,
    '',
    'A field without a default takes its value from `spec.profile`; `status.effective` shows what came out. `kubectl explain',
    'ecommercestack.spec --recursive` shows the same on a cluster.',
    '',
    ...renderRules('', root),
    ...renderTree('spec', spec),
    ...renderTree('status', status),
    ...renderProfiles(),
  ].join('\n');
}

/** One section for the plain fields of the top, one for each of its objects. */
function renderTree(name: string, node: SchemaNode | undefined): readonly string[] {
  if (node === undefined) {
    return [];
  }
  const entries = childrenOf({ path: name, node, isRequired: true });
  const simple = entries.filter((row) => childrenOf(row).length === 0);
  const nested = entries.filter((row) => childrenOf(row).length > 0);
  return [
    `## ${name}`,
    '',
    sentence(node),
    '',
    ...renderTable(simple),
    ...renderRules(name, node),
    ...nested.flatMap((row) => renderSection(row)),
  ];
}

function renderSection(row: Row): readonly string[] {
  const rows = descendantsOf(row);
  const rules = ruleItems([row, ...rows]);
  return [
    `### ${row.path}`,
    '',
    sentence(row.node),
    '',
    ...renderTable(rows),
    ...(rules.length === 0 ? [] : ['Refused, with these words:', '', ...rules, '']),
  ];
}

function renderRules(path: string, node: SchemaNode): readonly string[] {
  const rules = ruleItems([{ path, node }]);
  return rules.length === 0 ? [] : ['Rules over several fields, refused with these words:', '', ...rules, ''];
}

/** One item per sentence, with all the fields that it is said of. */
function ruleItems(rows: readonly Pick<Row, 'path' | 'node'>[]): readonly string[] {
  const said = [...rows, ...rows.flatMap(insideOf)].flatMap(({ path, node }) =>
    (node['x-kubernetes-validations'] ?? []).map(({ message, fieldPath }) => ({
      message,
      field: `\`${`${path}${fieldPath ?? ''}`.replace(/^\./, '')}\``,
    })),
  );
  const fields = Map.groupBy(said, ({ message }) => message);
  return [...fields].map(([message, all]) => `- ${all.map(({ field }) => field).join(', ')}: ${escapeCell(message)}`);
}

function renderTable(rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) {
    return [];
  }
  const lines = rows.map(
    ({ path, node, isRequired }) =>
      `| \`${path}\` | ${typeOf(node)}${isRequired ? ', required' : ''} | ${defaultOf(node)} | ${escapeCell(sentence(node))} |`,
  );
  return ['| field | type | default | meaning |', '|---|---|---|---|', ...lines, ''];
}

function descendantsOf(row: Row): readonly Row[] {
  return childrenOf(row).flatMap((child) => [child, ...descendantsOf(child)]);
}

function childrenOf({ path, node }: Row): readonly Row[] {
  const required = new Set(node.required ?? []);
  const own = Object.entries(node.properties ?? {}).map(([name, child]) => ({
    path: `${path}.${name}`,
    node: child,
    isRequired: required.has(name),
  }));
  return [...own, ...insideOf({ path, node }).flatMap(childrenOf)];
}

/** What a list or a map holds; it has no row of its own. */
function insideOf({ path, node }: Pick<Row, 'path' | 'node'>): readonly Row[] {
  const inside = node.items ?? node.additionalProperties;
  const suffix = node.items === undefined ? '.<name>' : '[]';
  return inside === undefined ? [] : [{ path: `${path}${suffix}`, node: inside, isRequired: false }];
}

function typeOf(node: SchemaNode): string {
  if (node.enum !== undefined) {
    return node.enum.map((word) => `\`${word}\``).join(' or ');
  }
  if (node['x-kubernetes-int-or-string'] === true) {
    return 'quantity';
  }
  if (node.type === 'array') {
    return `list of ${typeOf(node.items ?? {})} (at most ${node.maxItems ?? 0})`;
  }
  if (node.additionalProperties !== undefined) {
    return `map to ${typeOf(node.additionalProperties)} (at most ${node.maxProperties ?? 0})`;
  }
  return `${node.type ?? ''}${rangeOf(node)}`;
}

function rangeOf({ minimum, maximum }: SchemaNode): string {
  if (minimum === undefined) {
    return '';
  }
  return maximum === undefined ? ` from ${minimum}` : ` ${minimum}..${maximum}`;
}

function defaultOf(node: SchemaNode): string {
  return node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``;
}

function sentence(node: SchemaNode): string {
  return node.description ?? '';
}

function escapeCell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('<', '&lt;');
}
