import Type from 'typebox';
import { absent } from './expressions.ts';
import { storeFields, storeMode, storeRules } from './stores.ts';

/** `spec.redis` */
export const redisSchema = Type.Object(
  {
    mode: Type.Optional(storeMode(['Builtin', 'External'], 'Who runs Redis: this operator, or somebody else.')),
    ...storeFields('redis', 'nodes (or host and port), optional username, password'),
    shards: Type.Optional(
      Type.Integer({ description: 'Primaries that share the keys; at least 3.', minimum: 1, maximum: 64 }),
    ),
    replicasPerShard: Type.Optional(
      Type.Integer({
        description: 'Copies of each shard; one takes over when its primary fails.',
        minimum: 0,
        maximum: 5,
      }),
    ),
  },
  {
    description: 'The Redis Cluster: carts, caches and rate limits.',
    ...storeRules({
      cel: `${absent('shards')} || self.shards >= 3`,
      message: 'shards {self.shards} is too few: a Redis Cluster needs at least 3 primaries to agree on a failover',
      field: '.shards',
    }),
  },
);
