import Type from 'typebox';
import { celList, rules } from './rules.ts';
import { storeFields, storeMode, storeRules } from './stores.ts';
import { mapOf, text } from './types.ts';

/** Set by the operator or by Patroni: a manifest that sets them would break replication or the way in. */
const ownedParameters = [
  'archive_command',
  'archive_mode',
  'cluster_name',
  'config_file',
  'data_directory',
  'hba_file',
  'hot_standby',
  'ident_file',
  'listen_addresses',
  'port',
  'primary_conninfo',
  'primary_slot_name',
  'recovery_target_timeline',
  'restore_command',
  'synchronous_standby_names',
  'unix_socket_directories',
  'wal_level',
  'wal_log_hints',
];

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
      {
        cel: `!${celList(ownedParameters)}.exists(name, name in self)`,
        message: `{${celList(ownedParameters)}.filter(name, name in self)} cannot be set: the operator owns it`,
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
