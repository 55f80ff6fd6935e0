import type { Unreachable } from './observed.ts';
import type { ServerTarget } from './target.ts';

/** Says what a failed connection or query means and what to do about it. Never prints a password. */
export function explainFailure(error: unknown, target: ServerTarget): Unreachable {
  const code = codeOf(error);
  const where = `PostgreSQL at ${target.host}:${target.port}`;
  const rule = rules.find(({ codes, pattern }) => codes.includes(code) || pattern?.test(messageOf(error)) === true);
  const secret =
    target.mode === 'External' ? 'the Secret of spec.postgres.connectionSecretRef' : 'the credential Secret';
  return rule === undefined
    ? { reachable: false, reason: 'QueryFailed', message: `${where} did not answer a query: ${messageOf(error)}` }
    : { reachable: false, reason: rule.reason, message: `${where} ${rule.says(target, secret)} (${messageOf(error)})` };
}

interface Rule {
  /** SQLSTATE of the server or code of the network error. */
  readonly codes: readonly string[];
  readonly pattern?: RegExp;
  readonly reason: string;
  says(target: ServerTarget, secret: string): string;
}

const rules: readonly Rule[] = [
  {
    codes: ['28P01'],
    reason: 'PasswordRejected',
    says: ({ user, mode }, secret) =>
      mode === 'External'
        ? `rejects the password of ${user}; correct ${secret}.`
        : `rejects the password of ${user}: ${secret} was changed, and only somebody with the old password can change it in the server. Put the old value back, or run in the primary's pod: ALTER ROLE ${user} PASSWORD '…'`,
  },
  {
    codes: ['28000'],
    reason: 'LoginRefused',
    says: ({ user }) => `has no rule in pg_hba.conf that lets ${user} in from here; add one, or correct sslmode.`,
  },
  {
    codes: ['3D000'],
    reason: 'DatabaseMissing',
    says: ({ database }, secret) => `has no database ${database}; name another one by the key "database" of ${secret}.`,
  },
  {
    codes: ['53300'],
    reason: 'TooManyConnections',
    says: () => 'has no connection left; raise max_connections in spec.postgres.parameters or lower the pools.',
  },
  {
    codes: ['42501'],
    reason: 'InsufficientRights',
    says: ({ user }) => `does not let ${user} do this; give it CREATEROLE and CREATEDB.`,
  },
  {
    codes: ['57P03', '57P01', '57P02'],
    reason: 'ServerStarting',
    says: () => 'is starting or stopping just now.',
  },
  {
    codes: ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA'],
    reason: 'HostUnknown',
    says: ({ host }, secret) => `cannot be found: no address for ${host}; check the key "host" of ${secret}.`,
  },
  {
    codes: [],
    pattern: /does not support SSL/,
    reason: 'TlsUnsupported',
    says: (_target, secret) => `speaks no TLS; switch it on there, or set the key "sslmode" of ${secret} to "disable".`,
  },
  {
    codes: ['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    pattern: /certificate/i,
    reason: 'CertificateRejected',
    says: (_target, secret) =>
      `shows a certificate that cannot be trusted; put its authority into "ca.crt" of ${secret}.`,
  },
  {
    codes: ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ECONNRESET'],
    pattern: /timeout exceeded|connection timeout|read timeout|terminated/i,
    reason: 'Unreachable',
    says: () => 'does not answer.',
  },
];

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
