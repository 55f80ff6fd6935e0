import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { Reader } from '../contract.ts';
import { askNode } from './ask.ts';
import { externalConnection, splitAddress } from './connection.ts';
import type { ExternalObserved } from './observed.ts';

/** Nodes asked per pass: enough to see a cluster through one that is away, few enough for somebody else's servers. */
const askedNodes = 3;

/** Asks the nodes that the user's Secret names. */
export async function gatherExternal(stack: CompleteStack, reader: Reader): Promise<ExternalObserved> {
  const secretName = stack.redis.connectionSecretName ?? '';
  const connection = externalConnection(reader.secret(secretName) ?? {});
  if (typeof connection === 'string') {
    return { mode: 'External', secretProblem: connection, nodes: [] };
  }
  const { username, password } = connection;
  const asked = connection.nodes
    .split(',')
    .slice(0, askedNodes)
    .map(async (address) => {
      const { host, port } = splitAddress(address) ?? { host: address, port: 0 };
      return { address, answer: await askNode({ key: address, host, port }, { username, password }, reader.signal) };
    });
  return { mode: 'External', secretProblem: undefined, nodes: await Promise.all(asked) };
}
