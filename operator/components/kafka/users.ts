import { createHash } from 'node:crypto';
import type { SecretValues } from '../contract.ts';
import { clientServices, credentialKeys } from './names.ts';
import type { UserCredential } from './protocol/users.ts';

/** Kafka's smallest and our largest number of iterations; its largest is 16384. */
const minIterations = 4096;
const spread = 4096;

/**
 * The users of the services. Kafka never tells whether a credential belongs to a password, but it tells the number of
 * iterations: a few bits of the password's hash in that number say whether the password has changed. Twelve bits of the
 * 190 that the password has are no help to anybody.
 */
export function serviceUsers(credentials: SecretValues): readonly UserCredential[] {
  return clientServices.map((name) => {
    const password = credentials[credentialKeys.service(name)] ?? '';
    return { name, password, iterations: iterationsOf(password) };
  });
}

function iterationsOf(password: string): number {
  return minIterations + (createHash('sha256').update(password).digest().readUInt16BE() % spread);
}
