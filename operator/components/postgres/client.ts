import { explainFailure } from './connect-error.ts';
import { createConnections, type Session } from './connections.ts';
import { ports, users } from './names.ts';
import type { ServerFacts, Unreachable } from './observed.ts';
import { createPatroniApi, type PatroniApi } from './patroni.ts';
import { planStatements } from './provisioning.ts';
import { type FactsRow, factsQuery, toServerFacts } from './sql.ts';
import type { ServerTarget } from './target.ts';

/** All that this component says to servers other than Kubernetes'. */
export interface Servers {
  readonly patroni: PatroniApi;
  /** Ports inside the pods. */
  readonly ports: { readonly postgres: number; readonly rest: number };
  /** One query; a server that does not answer is an answer too. Never rejects. */
  read(target: ServerTarget, signal: AbortSignal): Promise<ServerFacts | Unreachable>;
  /** Makes or corrects roles and databases; rejects with a sentence on the first statement that fails. */
  provision(target: ServerTarget, signal: AbortSignal): Promise<void>;
  /** Number of open servers; for tests of leaks. */
  openServers(): number;
  close(): Promise<void>;
}

export interface ServersOptions {
  /** Ports inside the pods when they are not the usual ones. */
  readonly ports?: { readonly postgres: number; readonly rest: number };
  /** Sessions unused for so long are closed, milliseconds. */
  readonly idleMs?: number;
}

const readTimeoutMs = 3_000;
/** `CREATE DATABASE` copies a template and may wait for a standby. */
const provisionTimeoutMs = 30_000;
/** Longer than the pauses between passes of a stack that is changing, shorter than the resync of a quiet one. */
const defaultIdleMs = 60_000;

/** Connects on demand; nothing is open before the first call. */
export function createServers(options: ServersOptions = {}): Servers {
  const connections = createConnections(options.idleMs ?? defaultIdleMs);
  return {
    patroni: createPatroniApi(users.rest),
    ports: options.ports ?? ports,
    async read(target, signal) {
      try {
        const limits = { signal, timeoutMs: readTimeoutMs };
        const row = await connections.run(target, limits, (session) => readRow(session, target));
        return toServerFacts(row, target);
      } catch (error) {
        return explainFailure(error, target);
      }
    },
    async provision(target, signal) {
      const limits = { signal, timeoutMs: provisionTimeoutMs };
      await connections
        .run(target, limits, (session) => provision(session, target))
        .catch((cause: unknown) => {
          throw new Error(explainFailure(cause, target).message, { cause });
        });
    },
    openServers: () => connections.size(),
    close: () => connections.close(),
  };
}

async function readRow(session: Session, target: ServerTarget): Promise<FactsRow> {
  const { text, values } = factsQuery(target);
  const [row] = await session.query<FactsRow>(text, values);
  if (row === undefined) {
    throw new Error('a query without a table answered no row');
  }
  return row;
}

/** Reads afresh, so that what somebody else has done meanwhile is not done twice. */
async function provision(session: Session, target: ServerTarget): Promise<void> {
  const row = await readRow(session, target);
  for (const statement of planStatements(toServerFacts(row, target), target, row.superuser)) {
    await session.query(statement);
  }
}
