import { kinds } from '../../kinds.ts';
import type { JsonObject } from '../../kubernetes.ts';
import type { SchemaNode } from '../crd-schema.ts';
import { rules } from './rules.ts';
import { specSchema } from './spec.ts';
import { rootRules } from './spec-rules.ts';
import { statusSchema } from './status.ts';

const column = (name: string, jsonPath: string, description: string, more: JsonObject = {}): JsonObject => ({
  name,
  type: 'string',
  jsonPath,
  description,
  ...more,
});

const wide: JsonObject = { priority: 1 };

const printerColumns: readonly JsonObject[] = [
  column('Ready', '.status.conditions[?(@.type=="Ready")].status', 'Whether everything works.'),
  column('Phase', '.status.phase', 'One word for the state.'),
  column('Version', '.spec.version', 'Release of the shop that is asked for.'),
  column('Services', '.status.services', 'Ready services of enabled services.'),
  column('Rollout', '.status.rollout', 'Services on their way to a new version.'),
  column('Backup', '.status.backup.lastSuccessTime', 'Age of the newest complete backup.', { type: 'date' }),
  column('Age', '.metadata.creationTimestamp', 'Age of the stack.', { type: 'date' }),
  column('Message', '.status.message', 'What is going on and what blocks it.', wide),
  column('Host', '.spec.host', 'Public host name.', wide),
  column('Observed', '.status.observedGeneration', 'Generation of the manifest that the status speaks of.', {
    type: 'integer',
    ...wide,
  }),
];

const names = {
  kind: kinds.EcommerceStack.kind,
  listKind: 'EcommerceStackList',
  plural: kinds.EcommerceStack.plural,
  singular: 'ecommercestack',
  shortNames: ['eshop'],
  categories: ['ecommerce'],
};

/** The whole object's schema; `spec` must be there, so that rules on it need no guard. */
export function rootSchema(): SchemaNode {
  const schema = {
    description: 'A whole shop: data stores, services, and the way in.',
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      // The bound on the name is what Kubernetes allows; without one the cost of rules on it cannot be estimated.
      metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 253 } } },
      spec: specSchema,
      status: statusSchema,
    },
    ...rules(...rootRules),
  };
  // `as`: the schema library hangs invisible keys on its objects; the round trip leaves plain JSON of this form.
  return JSON.parse(JSON.stringify(schema)) as SchemaNode;
}

/** The CustomResourceDefinition as plain JSON. */
export function customResourceDefinition() {
  const [group = '', version = ''] = kinds.EcommerceStack.apiVersion.split('/');
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names,
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          additionalPrinterColumns: printerColumns,
          subresources: { status: {} },
          schema: { openAPIV3Schema: rootSchema() },
        },
      ],
    },
  };
}
