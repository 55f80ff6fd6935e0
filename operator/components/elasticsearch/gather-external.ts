import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { Reader } from '../contract.ts';
import { type Access, ask, LoginRefusedError, type ServerTarget } from './client.ts';
import { accessOf, type Connection, externalConnection, targetsOf } from './connection.ts';
import type { ExternalAnswer, ExternalObserved } from './observed.ts';

/** Asks the servers that the user's Secret names: are they there, do they let us in, are they well? */
export async function gatherExternal(stack: CompleteStack, reader: Reader): Promise<ExternalObserved> {
  const connection = externalConnection(reader.secret(stack.elasticsearch.connectionSecretName ?? '') ?? {});
  if (typeof connection === 'string') {
    const answer = { state: 'silent', message: connection } as const;
    return { mode: 'External', secretProblem: connection, address: '', answer };
  }
  const answer = await askServers(connection, reader.signal);
  return { mode: 'External', secretProblem: undefined, address: connection.url, answer };
}

async function askServers(connection: Connection, signal: AbortSignal): Promise<ExternalAnswer> {
  let last: ExternalAnswer = { state: 'silent', message: 'No server is named' };
  for (const target of targetsOf(connection)) {
    try {
      return await lookAt(target, accessOf(connection), signal);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      last = { state: error instanceof LoginRefusedError ? 'refused' : 'silent', message };
    }
  }
  return last;
}

async function lookAt(target: ServerTarget, access: Access, signal: AbortSignal): Promise<ExternalAnswer> {
  // `as`: the formats of the server's answers.
  const root = (await ask(target, access, { method: 'GET', path: '/' }, { signal })) as RootAnswer;
  const path = '/_cluster/health?master_timeout=2s';
  const health = (await ask(target, access, { method: 'GET', path }, { signal })) as HealthAnswer;
  return {
    state: 'up',
    version: root.version?.number ?? '',
    health: health.status,
    nodes: health.number_of_nodes,
  };
}

interface RootAnswer {
  readonly version?: { readonly number?: string };
}

interface HealthAnswer {
  readonly status: string;
  readonly number_of_nodes: number;
}
