import { adminUser as searchUser } from '../../operator/components/elasticsearch/names.ts';
import { credentialKeys as kafkaKeys, adminUser as kafkaUser } from '../../operator/components/kafka/names.ts';
import { credentialKeys as postgresKeys, users } from '../../operator/components/postgres/names.ts';
import { apply, type Kubectl } from './stacks.ts';

type Values = Readonly<Record<string, string>>;

/** The Secrets that examples/external-stores.yaml names, by name. */
export interface ConnectionSecrets {
  readonly 'shop-database': Values;
  readonly 'shop-cache': Values;
  readonly 'shop-events': Values;
  readonly 'shop-search': Values;
}

/**
 * How a stack elsewhere reaches the servers of this one, as those who run the servers would write it down. The stack
 * must have no service with a database: roles belong to a whole server, and the other stack makes them.
 */
export async function connectionsTo(cluster: Kubectl, namespace: string, name: string): Promise<ConnectionSecrets> {
  const read = (part: string) => readSecret(cluster, namespace, `${name}-${part}`);
  const [postgres, redis, kafka, kafkaLogin, search] = await Promise.all([
    read('postgres-credentials'),
    read('redis-connection'),
    read('kafka-connection-product'),
    read('kafka-credentials'),
    read('elasticsearch-connection'),
  ]);
  return {
    'shop-database': {
      host: `${name}-postgres-rw.${namespace}.svc`,
      port: '5432',
      username: users.superuser,
      password: postgres[postgresKeys.superuser] ?? '',
      // The servers of a stack speak without TLS.
      sslmode: 'disable',
    },
    'shop-cache': { ...pick(redis, ['nodes', 'username', 'password']) },
    'shop-events': {
      ...pick(kafka, ['bootstrapServers', 'saslMechanism']),
      username: kafkaUser,
      password: kafkaLogin[kafkaKeys.admin] ?? '',
    },
    'shop-search': { ...pick(search, ['url', 'password']), username: searchUser },
  };
}

/** The same with a password that no server knows. */
export function withWrongPasswords(secrets: ConnectionSecrets): ConnectionSecrets {
  const password = 'nobody-knows-it';
  return {
    'shop-database': { ...secrets['shop-database'], password },
    'shop-cache': { ...secrets['shop-cache'], password },
    'shop-events': { ...secrets['shop-events'], password },
    'shop-search': { ...secrets['shop-search'], password },
  };
}

export async function applySecrets(cluster: Kubectl, namespace: string, secrets: Partial<ConnectionSecrets>) {
  const objects = Object.entries(secrets).map(([name, stringData]) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    stringData,
  }));
  await apply(cluster, ...objects);
}

async function readSecret(cluster: Kubectl, namespace: string, name: string): Promise<Values> {
  const { data } = JSON.parse(await cluster.kubectl(['get', 'secret', name, '-n', namespace, '-o', 'json']));
  const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString()]);
  return Object.fromEntries(decoded);
}

function pick(values: Values, keys: readonly string[]): Values {
  return Object.fromEntries(keys.map((key) => [key, values[key] ?? '']));
}
