import type { CompleteStack, ServiceName } from '../../api/v1beta1/complete-stack.ts';
import type { SecretValues } from '../contract.ts';
import type { Access, BrokerTarget } from './client.ts';
import type { KafkajsLogin } from './kafkajs.ts';
import { clientPort, credentialKeys, ordinals, podHost } from './names.ts';

/** How a client reaches Kafka: the same keys in every mode, empty where there is nothing to say. */
export type Connection = {
  /** Comma-separated `host:port`: where a client may begin. */
  readonly bootstrapServers: string;
  /** `SCRAM-SHA-512`, `SCRAM-SHA-256`, `PLAIN`, or empty: no login. */
  readonly saslMechanism: string;
  readonly username: string;
  readonly password: string;
  readonly tls: 'true' | 'false';
  /** PEM of the authority; empty: the well-known ones. */
  readonly 'ca.crt': string;
};

const mechanisms: Readonly<Record<string, KafkajsLogin['mechanism']>> = {
  PLAIN: 'plain',
  'SCRAM-SHA-256': 'scram-sha-256',
  'SCRAM-SHA-512': 'scram-sha-512',
};

/** Connection of one service to our own brokers. */
export function builtinConnection(
  stack: CompleteStack,
  brokers: number,
  service: ServiceName,
  credentials: SecretValues,
): Connection {
  return {
    bootstrapServers: bootstrapServers(stack, brokers),
    saslMechanism: 'SCRAM-SHA-512',
    username: service,
    password: credentials[credentialKeys.service(service)] ?? '',
    tls: 'false',
    'ca.crt': '',
  };
}

/** Every broker by its lasting name. */
export function bootstrapServers(stack: CompleteStack, brokers: number): string {
  return ordinals(brokers)
    .map((ordinal) => `${podHost(stack, ordinal)}:${clientPort}`)
    .join(',');
}

/** Connection as the user's Secret says it; a string instead says what is wrong with the Secret. */
export function externalConnection(secret: SecretValues): Connection | string {
  const servers = (secret['bootstrapServers'] ?? '')
    .split(',')
    .map((server) => server.trim())
    .filter((server) => server !== '');
  const { username = '', password = '' } = secret;
  const saslMechanism = secret['saslMechanism'] ?? (username === '' ? '' : 'SCRAM-SHA-512');
  const complaint = complainAboutServers(servers) ?? complainAboutLogin(saslMechanism, username, password);
  if (complaint !== undefined) {
    return complaint;
  }
  const ca = secret['ca.crt'] ?? '';
  const tls = secret['tls'] === 'true' || ca !== '' ? 'true' : 'false';
  return { bootstrapServers: servers.join(','), saslMechanism, username, password, tls, 'ca.crt': ca };
}

function complainAboutServers(servers: readonly string[]): string | undefined {
  if (servers.length === 0) {
    return 'its key bootstrapServers names no server; write host:port,host:port';
  }
  const wrong = servers.find((server) => splitAddress(server) === undefined);
  return wrong === undefined
    ? undefined
    : `"${wrong}" in bootstrapServers is no address; write host:port with a port of 1 to 65535`;
}

function complainAboutLogin(mechanism: string, username: string, password: string): string | undefined {
  if (mechanism === '') {
    return undefined;
  }
  if (mechanisms[mechanism] === undefined) {
    return `saslMechanism "${mechanism}" is not supported; use ${Object.keys(mechanisms).join(', ')}`;
  }
  return username === '' || password === ''
    ? `saslMechanism ${mechanism} needs the keys username and password`
    : undefined;
}

/** The same for our client. */
export function accessOf(connection: Connection): Access {
  const mechanism = mechanisms[connection.saslMechanism];
  const { username, password } = connection;
  return {
    login: mechanism === undefined ? undefined : { mechanism, username, password },
    ca: connection.tls === 'true' ? connection['ca.crt'] : undefined,
  };
}

/** The servers of a connection, to be asked one after the other. */
export function targetsOf({ bootstrapServers: servers }: Connection): readonly BrokerTarget[] {
  return servers.split(',').flatMap((server) => {
    const address = splitAddress(server);
    return address === undefined ? [] : [{ key: server, ...address }];
  });
}

/** Host and port of `host:port` or `[address]:port`; `undefined` when it is something else. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}
