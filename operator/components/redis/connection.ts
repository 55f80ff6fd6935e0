import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { SecretValues } from '../contract.ts';
import { credentialKeys, podHost, redisNames, redisPort, servicesUser, shapeOf } from './names.ts';

/** How clients reach the cluster: the same keys in every mode. */
export type Connection = {
  /** Comma-separated `host:port`: where a client may begin; the cluster tells it the rest. */
  readonly nodes: string;
  readonly host: string;
  readonly port: string;
  readonly username: string;
  readonly password: string;
  readonly mode: 'cluster';
  readonly uri: string;
};

/** Connection to our own pods with the password of the services' user. */
export function builtinConnection(stack: CompleteStack, credentials: SecretValues): Connection {
  const { pods } = shapeOf(stack);
  const nodes = Array.from({ length: pods }, (_, ordinal) => `${podHost(stack, ordinal)}:${redisPort}`);
  return toConnection({
    nodes,
    host: `${redisNames(stack).service}.${stack.namespace}.svc`,
    port: String(redisPort),
    username: servicesUser,
    password: credentials[credentialKeys.services] ?? '',
  });
}

/**
 * Connection as the user's Secret says it: `nodes`, or `host` and `port`; `username` is Redis' `default` unless given.
 * A string instead of a connection says what is missing.
 */
export function externalConnection(secret: SecretValues): Connection | string {
  const listed = (secret['nodes'] ?? '').split(',').map((node) => node.trim());
  const named = secret['host'] === undefined ? [] : [`${secret['host']}:${secret['port'] ?? redisPort}`];
  const nodes = secret['nodes'] === undefined ? named : listed.filter((node) => node !== '');
  const wrong = nodes.find((node) => splitAddress(node) === undefined);
  const [first] = nodes;
  if (first === undefined) {
    return 'it has neither the key nodes (host:port,host:port) nor the keys host and port';
  }
  if (wrong !== undefined) {
    return `"${wrong}" is no address; write host:port with a port of 1 to 65535`;
  }
  const { host, port } = splitAddress(first) ?? { host: first, port: redisPort };
  return toConnection({
    nodes,
    host,
    port: String(port),
    username: secret['username'] ?? 'default',
    password: secret['password'] ?? '',
  });
}

/** Host and port of `host:port` or `[address]:port`; `undefined` when it is something else. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

interface Parts {
  readonly nodes: readonly string[];
  readonly host: string;
  readonly port: string;
  readonly username: string;
  readonly password: string;
}

function toConnection({ nodes, host, port, username, password }: Parts): Connection {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return {
    nodes: nodes.join(','),
    host,
    port,
    username,
    password,
    mode: 'cluster',
    uri: `redis://${user}@${authority}`,
  };
}
