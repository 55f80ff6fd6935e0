import type { ObservedExternal } from './observed.ts';
import type { Check } from './readiness.ts';
import {
  credentialsCheck,
  failed,
  identityCheck,
  progressing,
  provisionedCheck,
  unreachable,
} from './readiness-common.ts';

/** A server that somebody else runs: reachable, the same as ever, writable, and with rights for us. */
export const externalChecks: readonly Check<ObservedExternal>[] = [
  { name: 'credentials', judge: credentialsCheck },
  {
    name: 'serverKnown',
    judge: ({ server }) =>
      server === undefined
        ? progressing(
            'WaitingForConnectionSecret',
            'The Secret of spec.postgres.connectionSecretRef is not complete yet.',
          )
        : undefined,
  },
  {
    name: 'serverAnswers',
    judge: ({ server }) => (server?.reachable === false ? unreachable(server) : undefined),
  },
  { name: 'identityMatches', judge: identityCheck },
  {
    name: 'serverWritable',
    judge: ({ server }) =>
      server?.reachable === true && server.inRecovery
        ? failed(
            'ReadOnlyServer',
            'The server is a replica and takes no writes; put the primary\'s address into the key "host".',
          )
        : undefined,
  },
  {
    name: 'rights',
    judge: (observed) => {
      const { server } = observed;
      const isSetUp = provisionedCheck(observed) === undefined;
      return server?.reachable === true && !server.mayProvision && !isSetUp
        ? failed(
            'InsufficientRights',
            'The user of the Secret may not create roles and databases; run on the server: ALTER ROLE … CREATEROLE CREATEDB',
          )
        : undefined;
    },
  },
  { name: 'provisioned', judge: provisionedCheck },
];
