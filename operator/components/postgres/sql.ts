import type { JsonObject } from '../../api/kubernetes.ts';
import { hashOf } from '../../objects/hash.ts';
import { users } from './names.ts';
import type { ServerFacts, Standby, TenantFacts } from './observed.ts';
import { standbySensitive } from './parameters.ts';
import { makeVerifier, verifierMatches } from './scram.ts';
import type { ServerTarget, TenantLogin } from './target.ts';

/** The one query of a pass, and what its row means. Pure. */

const commonColumns = [
  `pg_is_in_recovery() as in_recovery`,
  `current_setting('server_version') as version`,
  `(select system_identifier::text from pg_control_system()) as identity`,
  `(select rolsuper or (rolcreaterole and rolcreatedb) from pg_roles where rolname = current_user) as may_provision`,
  `(select rolsuper from pg_roles where rolname = current_user) as superuser`,
  `(select coalesce(json_agg(json_build_object(
      'name', r.rolname,
      'login', r.rolcanlogin,
      'excess', r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls,
      'comment', shobj_description(r.oid, 'pg_authid'))), '[]')
    from pg_roles r where r.rolname = any($1::text[])) as roles`,
  `(select coalesce(json_agg(json_build_object(
      'name', d.datname,
      'owner', pg_get_userbyid(d.datdba),
      'open', exists (select from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a where a.grantee = 0))), '[]')
    from pg_database d where d.datname = any($2::text[])) as databases`,
  `(select coalesce(json_agg(n), '[]') from unnest($3::text[]) n
    where strpos(n, '.') = 0
      and not exists (select from pg_settings s where lower(s.name) = lower(n))) as unknown_parameters`,
  `(select coalesce(json_object_agg(name, setting::int), '{}') from pg_settings where name = any($4::text[])) as sensitive`,
  `(select coalesce(json_agg(name order by name), '[]') from pg_settings where pending_restart) as pending_restart`,
];

/** What only a superuser may read. */
const builtinColumns = [
  `(select coalesce(json_object_agg(rolname, rolpassword), '{}')
    from pg_authid where rolname = any($1::text[]) or rolname = $5) as verifiers`,
  `case when pg_is_in_recovery() then '[]' else
    (select coalesce(json_agg(json_build_object(
        'name', application_name,
        'state', state,
        'sync', sync_state in ('sync', 'quorum'),
        'lagBytes', coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), 0)) order by application_name), '[]')
      from pg_stat_replication where usename = $5 and state <> 'backup') end as standbys`,
  // Patroni keeps the cluster's settings in a file beside the data: reading it here saves a call per pass.
  `pg_read_file('patroni.dynamic.json', 0, 1048576, true) as dynamic_config`,
];

/** Text and values of the query that `toServerFacts` understands; one round trip. */
export function factsQuery(target: ServerTarget): { readonly text: string; readonly values: readonly unknown[] } {
  const isBuiltin = target.mode === 'Builtin';
  const columns = isBuiltin ? [...commonColumns, ...builtinColumns] : commonColumns;
  const values = [
    target.tenants.map(({ tenant }) => tenant.role),
    target.tenants.map(({ tenant }) => tenant.database),
    target.parameterNames,
    [...standbySensitive],
    ...(isBuiltin ? [users.replication] : []),
  ];
  return { text: `select ${columns.join(',\n  ')}`, values };
}

/** The row of `factsQuery`; the last three columns are there in Builtin mode only. */
export interface FactsRow {
  readonly in_recovery: boolean;
  readonly version: string;
  readonly identity: string | null;
  readonly may_provision: boolean;
  readonly superuser: boolean;
  readonly roles: readonly RoleRow[];
  readonly databases: readonly DatabaseRow[];
  readonly unknown_parameters: readonly string[];
  readonly sensitive: Readonly<Record<string, number>>;
  readonly pending_restart: readonly string[];
  readonly verifiers?: Readonly<Record<string, string | null>>;
  readonly standbys?: readonly Standby[];
  readonly dynamic_config?: string | null;
}

interface RoleRow {
  readonly name: string;
  readonly login: boolean;
  readonly excess: boolean;
  readonly comment: string | null;
}

interface DatabaseRow {
  readonly name: string;
  readonly owner: string;
  readonly open: boolean;
}

/** Judges the row against what the server shall hold; no secret is left in the result. */
export function toServerFacts(row: FactsRow, target: ServerTarget): ServerFacts {
  const { replicationPassword } = target;
  const replication = row.verifiers?.[users.replication];
  return {
    reachable: true,
    inRecovery: row.in_recovery,
    // Debian appends its own revision: `15.18 (Debian 15.18-0+deb12u1)`.
    version: row.version.split(' ')[0] ?? row.version,
    identity: row.identity ?? undefined,
    tenants: target.tenants.map((login) => judgeTenant(row, target, login)),
    standbys: row.standbys ?? [],
    dynamicConfig: parseConfig(row.dynamic_config),
    sensitive: row.sensitive,
    pendingRestart: row.pending_restart,
    unknownParameters: row.unknown_parameters,
    mayProvision: row.may_provision,
    replicationPasswordOk:
      replication === undefined || replication === null || replicationPassword === undefined
        ? undefined
        : verifierMatches(replication, replicationPassword),
  };
}

function judgeTenant(row: FactsRow, target: ServerTarget, login: TenantLogin): TenantFacts {
  const { tenant } = login;
  const role = row.roles.find(({ name }) => name === tenant.role);
  const database = row.databases.find(({ name }) => name === tenant.database);
  return {
    tenant,
    role: role === undefined ? 'missing' : judgeRole(row, role, { target, login }),
    database: database === undefined ? 'missing' : judgeDatabase(database, tenant.role, target),
  };
}

interface RoleWanted {
  readonly target: ServerTarget;
  readonly login: TenantLogin;
}

function judgeRole(row: FactsRow, role: RoleRow, { target, login }: RoleWanted): 'foreign' | 'wrong' | 'ok' {
  if (target.mode === 'External') {
    if (role.comment?.startsWith(commentPrefix(target)) !== true) {
      return 'foreign';
    }
    return role.login && role.comment === roleComment(target, login) ? 'ok' : 'wrong';
  }
  const verifier = row.verifiers?.[role.name] ?? undefined;
  return role.login && !role.excess && verifierMatches(verifier, login.password) ? 'ok' : 'wrong';
}

function judgeDatabase(database: DatabaseRow, role: string, target: ServerTarget): 'foreign' | 'wrong' | 'ok' {
  if (database.owner !== role) {
    return target.mode === 'External' ? 'foreign' : 'wrong';
  }
  return database.open ? 'wrong' : 'ok';
}

/**
 * Comment of a role that we make on somebody else's server. It says whose the role is, so that nobody else's is ever
 * touched, and has a fingerprint of its password: only a superuser could read the password's verifier back.
 */
export function roleComment(target: ServerTarget, login: TenantLogin): string {
  return `${commentPrefix(target)}${hashOf(makeVerifier(login.tenant.role, login.password))}`;
}

function commentPrefix(target: ServerTarget): string {
  return `EcommerceStack ${target.stack}, password `;
}

function parseConfig(text: string | null | undefined): JsonObject | undefined {
  try {
    const value: unknown = text === null || text === undefined ? undefined : JSON.parse(text);
    // JSON.parse makes nothing but JSON.
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch {
    // Being rewritten just now, or not Patroni's: the same as not there.
    return undefined;
  }
}
