import Type from 'typebox';
import { ownedParameterPattern, ownedParameters } from '../postgres-parameters.ts';
import { celList, rules } from './rules.ts';
import { storeFields, storeMode, storeRules } from './stores.ts';
import { mapOf, text } from './types.ts';

const owned = celList(ownedParameters);

const parameters = mapOf(
  text('Value as in postgresql.conf, without quotes.', { maxLength: 512 }),
  'Settings of PostgreSQL by name, e.g. work_mem: 16MB. Changes that need a restart roll through the replicas first.',
  {
    maxProperties: 64,
    ...rules(
      {
        cel: "self.all(name, name.matches('^[a-z][a-z0-9_.]{0,62}$'))",
        message: 'names of parameters are lower-case letters, digits, "_" and ".", e.g. work_mem',
      },
      // Over our own list, because the API server goes over maps in random order.
      {
        cel: `!${owned}.exists(name, name in self)`,
        message: `{${owned}.filter(name, name in self)} cannot be set: the operator, Patroni or the backups own it`,
      },
      {
        cel: `!self.exists(name, name.matches('${ownedParameterPattern}'))`,
        message:
          'parameters that begin with ssl or recovery_target cannot be set: the operator or the backups own them',
      },
    ),
  },
);

/** `spec.postgres` */
export const postgresSchema = Type.Object(
  {
    mode: Type.Optional(
      storeMode(
        ['Builtin', 'CloudNativePG', 'External'],
        'Who runs PostgreSQL: this operator (Patroni), CloudNativePG, or somebody else.',
      ),
    ),
    ...storeFields('postgres', 'host, port, username, password (optional roHost, sslmode, ca.crt)'),
    readReplicas: Type.Optional(
      Type.Integer({
        description: 'Streaming replicas beside the primary; they serve reads and take over when it fails.',
        minimum: 0,
        maximum: 9,
      }),
    ),
    parameters: Type.Optional(parameters),
  },
  { description: 'The primary database: one database and role per service.', ...storeRules() },
);
