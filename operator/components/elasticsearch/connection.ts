import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { SecretValues } from '../contract.ts';
import type { Access, ServerTarget } from './client.ts';
import { adminUser, credentialKeys, httpPort, ordinals, podHost } from './names.ts';

/** How a client reaches Elasticsearch: the same keys in every mode, empty where there is nothing to say. */
export type Connection = {
  /** Comma-separated `http://host:port`: any of them knows everything. */
  readonly url: string;
  /** Empty: no login. */
  readonly username: string;
  readonly password: string;
  /** PEM of the authority; empty: the well-known ones. */
  readonly 'ca.crt': string;
};

/** Connection to our own nodes. */
export function builtinConnection(stack: CompleteStack, nodes: number, credentials: SecretValues): Connection {
  return {
    url: ordinals(nodes)
      .map((ordinal) => `http://${podHost(stack, ordinal)}:${httpPort}`)
      .join(','),
    username: adminUser,
    password: credentials[credentialKeys.password] ?? '',
    'ca.crt': '',
  };
}

/** Connection as the user's Secret says it; a string instead says what is wrong with the Secret. */
export function externalConnection(secret: SecretValues): Connection | string {
  const urls = (secret['url'] ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
  if (urls.length === 0) {
    return 'its key url names no server; write http://host:port or https://host:port, several with commas';
  }
  const complaint = urls.map(complainAboutUrl).find((found) => found !== undefined);
  if (complaint !== undefined) {
    return complaint;
  }
  const { username = '', password = '' } = secret;
  if ((username === '') !== (password === '')) {
    return `its key ${username === '' ? 'username' : 'password'} is missing: a login needs both, or neither is given`;
  }
  return { url: urls.join(','), username, password, 'ca.crt': secret['ca.crt'] ?? '' };
}

/** Never shows a password: a URL with a login is refused without being repeated. */
function complainAboutUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return `"${text.includes('@') ? '…' : text}" in url is no address; write http://host:port or https://host:port`;
  }
  if (url.username !== '' || url.password !== '') {
    return 'url holds a login; put it into the keys username and password';
  }
  return url.search === '' && url.hash === '' ? undefined : `"${text}" in url has a query; write http://host:port only`;
}

/** The same for our client. */
export function accessOf({ username, password, 'ca.crt': ca }: Connection): Access {
  return { username, password, ca: ca === '' ? undefined : ca };
}

/** The servers of a connection, to be asked one after the other. */
export function targetsOf({ url }: Connection): readonly ServerTarget[] {
  return url.split(',').map((one) => ({ url: one }));
}

/** The operator's own login to our nodes; servers without security take no notice of it. */
export function adminAccess(secret: SecretValues): Access {
  return { username: adminUser, password: secret[credentialKeys.password] ?? '', ca: undefined };
}
