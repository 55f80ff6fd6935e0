import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Desired, Held, SecretValues } from '../../contract.ts';
import { endpointsOf } from '../endpoints.ts';
import { namesOf, type Tenant, tenantPasswordKey, tenantsOf } from '../names.ts';
import { owned } from './metadata.ts';

/** Reads one of the Secrets that the component asked for. */
export type SecretReader = (name: string) => SecretValues | undefined;

/** One connection Secret per service that owns a database; the keys are the same in every mode. */
export function buildConnections(stack: CompleteStack, secret: SecretReader): Desired {
  const passwords = secret(namesOf(stack).credentials) ?? {};
  const objects: KubernetesObject[] = [];
  const held: Held[] = [];
  for (const tenant of tenantsOf(stack)) {
    const password = passwords[tenantPasswordKey(tenant)];
    const values = password === undefined ? undefined : connectionValues(stack, tenant, { password, secret });
    if (values === undefined) {
      held.push(waiting(stack, tenant));
    } else {
      objects.push(connectionSecret(stack, tenant, values));
    }
  }
  return { objects, held };
}

function waiting(stack: CompleteStack, tenant: Tenant): Held {
  return {
    ref: { apiVersion: 'v1', kind: 'Secret', namespace: stack.namespace, name: namesOf(stack).connection(tenant) },
    reason: 'WaitingForCredentials',
    message: `The password of ${tenant.role} or the address of the server is not known yet.`,
  };
}

function connectionSecret(stack: CompleteStack, tenant: Tenant, values: SecretValues): KubernetesObject {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: owned(stack, namesOf(stack).connection(tenant)),
    type: 'Opaque',
    data,
  };
}

function connectionValues(
  stack: CompleteStack,
  tenant: Tenant,
  known: { readonly password: string; readonly secret: SecretReader },
): SecretValues | undefined {
  const endpoints = endpointsOf(stack, known.secret);
  if (endpoints === undefined) {
    return undefined;
  }
  const { host, port, roHost, roPort, sslmode, caCertificate } = endpoints;
  const login = `${encodeURIComponent(tenant.role)}:${encodeURIComponent(known.password)}`;
  const uri = (at: string, on: string) => `postgresql://${login}@${at}:${on}/${tenant.database}?sslmode=${sslmode}`;
  return {
    host,
    port,
    roHost,
    roPort,
    database: tenant.database,
    username: tenant.role,
    password: known.password,
    sslmode,
    uri: uri(host, port),
    roUri: uri(roHost, roPort),
    'ca.crt': caCertificate,
  };
}
