import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { SecretValues } from '../contract.ts';
import { namesOf, ports, serviceHost } from './names.ts';

/** Where clients reach the databases. Ports are text, as they stand in Secrets. */
export interface Endpoints {
  readonly host: string;
  readonly port: string;
  readonly roHost: string;
  readonly roPort: string;
  readonly sslmode: string;
  /** PEM; empty where none is needed. */
  readonly caCertificate: string;
}

/** Keys that the user's Secret of `mode: External` must have; `roHost`, `roPort`, `sslmode` and `ca.crt` may be there. */
export const externalKeys = ['host', 'port', 'username', 'password'] as const;

/** `undefined` while the user's Secret is not there. Pods and Services of the stack itself speak without TLS. */
export function endpointsOf(
  stack: CompleteStack,
  secret: (name: string) => SecretValues | undefined,
): Endpoints | undefined {
  if (stack.postgres.mode !== 'External') {
    const { readWrite, readOnly } = namesOf(stack);
    return {
      host: serviceHost(stack, readWrite),
      port: String(ports.postgres),
      roHost: serviceHost(stack, readOnly),
      roPort: String(ports.postgres),
      sslmode: 'disable',
      caCertificate: '',
    };
  }
  const name = stack.postgres.connectionSecretName;
  const values = name === undefined ? undefined : secret(name);
  const host = values?.['host'];
  const port = values?.['port'];
  return values === undefined || host === undefined || port === undefined
    ? undefined
    : externalEndpoints(values, host, port);
}

function externalEndpoints(values: SecretValues, host: string, port: string): Endpoints {
  const roHost = values['roHost'];
  return {
    host,
    port,
    roHost: roHost ?? host,
    roPort: values['roPort'] ?? port,
    sslmode: sslModeOf(values),
    caCertificate: values['ca.crt'] ?? '',
  };
}

/** What the Secret says; without it TLS is required, and the server's name checked where its authority is known. */
export function sslModeOf(values: SecretValues): string {
  return values['sslmode'] ?? (values['ca.crt'] === undefined ? 'require' : 'verify-full');
}
