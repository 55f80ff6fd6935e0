import { stringify } from 'yaml';
import type { SchemaNode } from '../../operator/api/v1beta1/crd-schema.ts';
import { customResourceDefinition, rootSchema } from '../../operator/api/v1beta1/schema/crd.ts';
import { findSchemaFaults } from './structural.ts';

/** `kubectl apply` keeps the whole object in an annotation of at most 262,144 bytes; the rest is for the other fields. */
export const maxCrdBytes = 250_000;

/** `crds/ecommercestack.yaml`. Throws when the schema is not structural or the file too large for `kubectl apply`. */
export function renderCrd(header: string): string {
  return checked(`${header}\n${toYaml(definition({}))}`);
}

/** The chart's copy: stays when the chart is removed, because removing a CRD removes every stack. */
export function renderChartCrd(header: string): string {
  const text = checked(`${header}\n${toYaml(definition({ 'helm.sh/resource-policy': 'keep' }))}`);
  if (text.includes('{{')) {
    throw new Error(
      'the CRD holds "{{", which Helm would read as a template: change the rule or description that does',
    );
  }
  return text;
}

/** The schema for the operator's own validation: without prose and status, which the process need not hold in memory. */
export function renderRuntimeSchema(comment: string): string {
  const { properties, ...root } = withoutProse(rootSchema());
  const { status: _status, ...validated } = properties ?? {};
  return `${JSON.stringify({ $comment: comment, ...root, properties: validated }, null, 1)}\n`;
}

function definition(annotations: Readonly<Record<string, string>>) {
  const faults = findSchemaFaults(rootSchema());
  if (faults.length > 0) {
    throw new Error(`the schema has faults:\n${faults.join('\n')}`);
  }
  const crd = customResourceDefinition();
  return Object.keys(annotations).length === 0 ? crd : { ...crd, metadata: { ...crd.metadata, annotations } };
}

function checked(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxCrdBytes) {
    throw new Error(
      `the CRD has ${bytes} bytes, more than ${maxCrdBytes}: kubectl apply could not send it; shorten it`,
    );
  }
  return text;
}

function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

function withoutProse(node: SchemaNode): SchemaNode {
  const { description: _description, properties, items, additionalProperties, ...rest } = node;
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: mapValues(properties, withoutProse) }),
    ...(items === undefined ? {} : { items: withoutProse(items) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: withoutProse(additionalProperties) }),
  };
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
