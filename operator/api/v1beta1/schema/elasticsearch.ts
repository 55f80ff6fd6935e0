import Type from 'typebox';
import { absent } from './expressions.ts';
import { rules } from './rules.ts';
import { storeFields, storeMode, storeRules } from './stores.ts';
import { text } from './types.ts';

const heapPattern = '^[1-9][0-9]{0,5}[mg]$';
/** Java's m and g are Kubernetes' Mi and Gi. */
const heapMebibytes = "int(self.heapSize.split('m')[0].split('g')[0]) * (self.heapSize.matches('g$') ? 1024 : 1)";

/** `spec.elasticsearch` */
export const elasticsearchSchema = Type.Object(
  {
    mode: Type.Optional(
      storeMode(['Builtin', 'ECK', 'External'], 'Who runs Elasticsearch: this operator, ECK, or somebody else.'),
    ),
    ...storeFields('elasticsearch', 'url, optional username, password, ca.crt'),
    nodes: Type.Optional(
      Type.Integer({ description: 'Nodes, each with all roles; 1, or 3 and more.', minimum: 1, maximum: 32 }),
    ),
    heapSize: Type.Optional(
      text('JVM heap of each node as Java spells it, e.g. 2g; half of the memory is right for most.', {
        maxLength: 8,
        ...rules({
          cel: `self.matches('${heapPattern}')`,
          message: '"{self}" is no heap size: write a whole number and m or g, e.g. 512m or 2g',
        }),
      }),
    ),
  },
  {
    description: 'The search engine behind the search service.',
    ...storeRules(
      {
        cel: `${absent('nodes')} || self.nodes != 2`,
        message: 'nodes 2 cannot elect a master when one of them is lost: choose 1, or 3 and more',
        field: '.nodes',
      },
      {
        cel: `${absent('heapSize')} || ${absent('resources.limits.memory')} || !self.heapSize.matches('${heapPattern}') || !isQuantity(string(self.resources.limits.memory)) || double(${heapMebibytes} * 1048576) <= quantity(string(self.resources.limits.memory)).asApproximateFloat()`,
        message:
          'heapSize {self.heapSize} does not fit into limits.memory {self.resources.limits.memory}: half of the memory is right for most',
        field: '.heapSize',
      },
    ),
  },
);
