import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { podStatus } from '../../../objects/live-status.ts';
import type { Action, Plan } from '../../contract.ts';
import { factsOf, identityMismatch, leaderOf } from '../members.ts';
import type { Observed, ServerFacts } from '../observed.ts';
import { builtinTarget, externalTarget } from '../target.ts';
import { detail, type ExecutionPorts, nothing } from './steps.ts';

/** Makes the services' roles and databases, and sets their passwords to those of the credential Secret. */
export function provision({ servers }: ExecutionPorts): Action<Observed> {
  return {
    name: 'Provision',
    plan: planProvision,
    async execute(step, ports) {
      const secret = (name: string) => ports.secret(name);
      const target =
        ports.stack.postgres.mode === 'External'
          ? externalTarget(ports.stack, secret)
          : builtinTarget(ports.stack, secret, { host: detail(step, 'host'), port: servers.ports.postgres });
      if (target === undefined) {
        throw new Error('the passwords of the databases are not known; the next pass reads them again');
      }
      await servers.provision(target, ports.signal);
    },
  };
}

/** Pure. */
export function planProvision(observed: Observed, _stack: CompleteStack): Plan {
  const facts = observed.mode === 'CloudNativePG' ? undefined : factsOf(observed);
  if (observed.mode === 'CloudNativePG' || facts === undefined || facts.inRecovery || !facts.mayProvision) {
    return nothing;
  }
  const work = describeWork(facts);
  if (work.length === 0 || identityMismatch(observed) !== undefined) {
    return nothing;
  }
  const leader = observed.mode === 'Builtin' ? leaderOf(observed.instances) : undefined;
  const host = leader === undefined ? '' : (podStatus(leader.pod).podIP ?? '');
  const message = `Set up ${work.join(', ')}.`;
  return { kind: 'step', step: { name: 'SetUpDatabases', message, disruptive: false, details: { host } } };
}

/** What there is to do, in words; empty when all is well or belongs to somebody else. */
export function describeWork(facts: ServerFacts): readonly string[] {
  const tenants = facts.tenants
    .filter(({ role, database }) => role !== 'foreign' && database !== 'foreign')
    .flatMap(({ tenant, role, database }) => [
      ...(role === 'ok' ? [] : [`role ${tenant.role}`]),
      ...(database === 'ok' ? [] : [`database ${tenant.database}`]),
    ]);
  return [...tenants, ...(facts.replicationPasswordOk === false ? ['the password of the standbys'] : [])];
}
