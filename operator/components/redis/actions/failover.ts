import type { ActionPorts } from '../../contract.ts';
import { command, type NodeRef, waitFor } from './nodes.ts';

/** A coordinated failover stops writes for at most 5 s (Redis' manual failover timeout); an election is quicker. */
const failoverMs = 8000;

/**
 * Lets a replica take over from its primary without losing a write: the primary stops writing, the replica catches up,
 * and is elected. Rejects when it is still a replica after 8 s; nothing has changed then.
 */
export async function switchPrimary(ports: ActionPorts, replica: NodeRef): Promise<void> {
  await command(ports, replica, [['CLUSTER', 'FAILOVER']]);
  const isDone = await waitFor(ports.signal, failoverMs, async () => {
    const [role] = await command(ports, replica, [['ROLE']]);
    return Array.isArray(role) && role[0] === 'master';
  });
  if (!isDone) {
    throw new Error(`Redis node ${replica.pod} did not become a primary in ${failoverMs} ms; it is tried again.`);
  }
}
