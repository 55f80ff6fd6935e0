import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { SecretValues } from '../contract.ts';
import { sslModeOf } from './endpoints.ts';
import { credentialKeys, namesOf, type Tenant, tenantPasswordKey, tenantsOf, users } from './names.ts';

/** A server, the login that the operator uses there, and what it shall hold. Carries passwords: never store or log it. */
export interface ServerTarget {
  readonly mode: 'Builtin' | 'External';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly sslmode: string;
  readonly caCertificate: string | undefined;
  /** `namespace/name` of the stack: stands in the comments of roles that we make on servers of others. */
  readonly stack: string;
  readonly tenants: readonly TenantLogin[];
  /** Password of the standbys; Builtin only. */
  readonly replicationPassword: string | undefined;
  /** Names of the manifest's parameters. */
  readonly parameterNames: readonly string[];
}

export interface TenantLogin {
  readonly tenant: Tenant;
  readonly password: string;
}

type SecretReader = (name: string) => SecretValues | undefined;

/** The pod that leads; `undefined` while a password is missing. */
export function builtinTarget(
  stack: CompleteStack,
  secret: SecretReader,
  at: { readonly host: string; readonly port: number },
): ServerTarget | undefined {
  const values = secret(namesOf(stack).credentials);
  const password = values?.[credentialKeys.superuser];
  const replicationPassword = values?.[credentialKeys.replication];
  const tenants = loginsOf(stack, values);
  if (password === undefined || replicationPassword === undefined || tenants === undefined) {
    return undefined;
  }
  return {
    ...commonTarget(stack),
    mode: 'Builtin',
    ...at,
    user: users.superuser,
    password,
    database: 'postgres',
    sslmode: 'disable',
    caCertificate: undefined,
    tenants,
    replicationPassword,
  };
}

/** The server that the user's Secret names; `undefined` while a value is missing. */
export function externalTarget(stack: CompleteStack, secret: SecretReader): ServerTarget | undefined {
  const name = stack.postgres.connectionSecretName;
  const values = name === undefined ? undefined : secret(name);
  const tenants = loginsOf(stack, secret(namesOf(stack).credentials));
  if (values === undefined || tenants === undefined) {
    return undefined;
  }
  return {
    ...commonTarget(stack),
    mode: 'External',
    host: values['host'] ?? '',
    port: Number(values['port']),
    user: values['username'] ?? '',
    password: values['password'] ?? '',
    database: values['database'] ?? 'postgres',
    sslmode: sslModeOf(values),
    caCertificate: values['ca.crt'],
    tenants,
    replicationPassword: undefined,
  };
}

function commonTarget(stack: CompleteStack): Pick<ServerTarget, 'stack' | 'parameterNames'> {
  return { stack: `${stack.namespace}/${stack.name}`, parameterNames: Object.keys(stack.postgres.parameters) };
}

function loginsOf(stack: CompleteStack, values: SecretValues | undefined): readonly TenantLogin[] | undefined {
  const logins = tenantsOf(stack).flatMap((tenant) => {
    const password = values?.[tenantPasswordKey(tenant)];
    return password === undefined ? [] : [{ tenant, password }];
  });
  return values !== undefined && logins.length === tenantsOf(stack).length ? logins : undefined;
}
