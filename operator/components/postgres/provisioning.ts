import pg from 'pg';
import { users } from './names.ts';
import type { ServerFacts, TenantFacts } from './observed.ts';
import { makeVerifier } from './scram.ts';
import { roleComment } from './sql.ts';
import type { ServerTarget, TenantLogin } from './target.ts';

const { escapeIdentifier, escapeLiteral } = pg;

/**
 * The statements that bring roles and databases to what the stack wants, in order; empty when all is well. Each can be
 * repeated, and a run that breaks off is taken up by the next one. What is not ours is left alone.
 */
export function planStatements(facts: ServerFacts, target: ServerTarget, isSuperuser: boolean): readonly string[] {
  const replication =
    facts.replicationPasswordOk === false && target.replicationPassword !== undefined
      ? [alterPassword(users.replication, target.replicationPassword)]
      : [];
  const tenants = facts.tenants.flatMap((tenant) => {
    const login = target.tenants.find((one) => one.tenant.role === tenant.tenant.role);
    return login === undefined || tenant.role === 'foreign' || tenant.database === 'foreign'
      ? []
      : [...roleStatements(tenant, target, login), ...databaseStatements(tenant, target, isSuperuser)];
  });
  return [...replication, ...tenants];
}

/** Role and comment in one text: the server runs it as one transaction. */
function roleStatements(facts: TenantFacts, target: ServerTarget, login: TenantLogin): readonly string[] {
  if (facts.role === 'ok') {
    return [];
  }
  const role = escapeIdentifier(login.tenant.role);
  const verifier = escapeLiteral(makeVerifier(login.tenant.role, login.password));
  const verb = facts.role === 'missing' ? 'CREATE' : 'ALTER';
  if (target.mode === 'Builtin') {
    const rights = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
    return [`${verb} ROLE ${role} ${rights} PASSWORD ${verifier}`];
  }
  // Only a superuser may even name the other attributes; a new role has none of them anyway.
  const comment = escapeLiteral(roleComment(target, login));
  return [`${verb} ROLE ${role} LOGIN PASSWORD ${verifier}; COMMENT ON ROLE ${role} IS ${comment}`];
}

function databaseStatements(facts: TenantFacts, target: ServerTarget, isSuperuser: boolean): readonly string[] {
  const role = escapeIdentifier(facts.tenant.role);
  const database = escapeIdentifier(facts.tenant.database);
  if (facts.database === 'ok') {
    return [];
  }
  const close = `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`;
  if (facts.database === 'wrong') {
    return target.mode === 'Builtin' ? [`ALTER DATABASE ${database} OWNER TO ${role}`, close] : [close];
  }
  // Whoever is no superuser may give a database only to a role that it is a member of.
  const membership = isSuperuser ? [] : [`GRANT ${role} TO CURRENT_USER`];
  return [...membership, `CREATE DATABASE ${database} OWNER ${role} TEMPLATE template0 ENCODING 'UTF8'`, close];
}

function alterPassword(role: string, password: string): string {
  return `ALTER ROLE ${escapeIdentifier(role)} PASSWORD ${escapeLiteral(makeVerifier(role, password))}`;
}
