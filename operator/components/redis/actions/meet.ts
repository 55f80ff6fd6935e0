import type { ActionPorts } from '../../contract.ts';
import { parseClusterNodes } from '../cluster-nodes.ts';
import { redisPort } from '../names.ts';
import { command, type NodeRef, waitFor } from './nodes.ts';

/** Introduces one node to another: a new one is taken in, a known one gets its present address. */
export type Meeting = {
  readonly from: NodeRef;
  readonly to: NodeRef;
};

/** Nodes exchange news every second or so; longer than this means that something else is wrong. */
const acquaintanceMs = 8000;

/** Sends the introductions, and waits until all of these nodes know each other at their present addresses. */
export async function meetNodes(
  ports: ActionPorts,
  meetings: readonly Meeting[],
  nodes: readonly NodeRef[],
): Promise<void> {
  await Promise.all(
    meetings.map(({ from, to }) => command(ports, from, [['CLUSTER', 'MEET', to.address, String(redisPort)]])),
  );
  await waitFor(ports.signal, acquaintanceMs, async () => {
    const known = await Promise.all(nodes.map((node) => knowsAll(ports, node, nodes)));
    return known.every(Boolean);
  });
}

async function knowsAll(ports: ActionPorts, node: NodeRef, all: readonly NodeRef[]): Promise<boolean> {
  const [text] = await command(ports, node, [['CLUSTER', 'NODES']]);
  const lines = new Map(parseClusterNodes(String(text)).map((line) => [line.id, line]));
  return all.every(({ id, address }) => id === node.id || lines.get(id)?.host === address);
}
