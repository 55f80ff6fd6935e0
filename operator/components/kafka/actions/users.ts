import type { Action } from '../../contract.ts';
import { differingUsers } from '../differences.ts';
import { kafkaNames } from '../names.ts';
import type { Observed } from '../observed.ts';
import { putUsers } from '../protocol/users.ts';
import { serviceUsers } from '../users.ts';
import { detail, harmless, nothing, talk, upCluster } from './ports.ts';

/** Gives every service its login, and a new one when the password in the credential Secret has changed. */
export const users: Action<Observed> = {
  name: 'SetUsers',
  plan(observed) {
    const cluster = upCluster(observed);
    const names = cluster === undefined ? [] : differingUsers(cluster.facts, cluster.observed);
    return cluster === undefined || names.length === 0
      ? nothing
      : harmless('SetPasswords', `Sets the passwords of ${names.join(', ')}.`, cluster.target, { names });
  },
  async execute(step, ports) {
    const names = new Set(detail<readonly string[]>(step, 'names'));
    const credentials = ports.secret(kafkaNames(ports.stack).credentials) ?? {};
    const wanted = serviceUsers(credentials).filter(({ name }) => names.has(name));
    await talk(step, ports, (broker) => putUsers(broker, wanted));
  },
};
