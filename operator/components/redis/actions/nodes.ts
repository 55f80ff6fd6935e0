import { setTimeout as delay } from 'node:timers/promises';
import type { ActionPorts } from '../../contract.ts';
import { type ConversationOptions, converse, type Login } from '../client.ts';
import type { Command, Reply } from '../facts.ts';
import { adminUser, credentialKeys, redisNames, redisPort } from '../names.ts';
import type { Member } from '../topology.ts';

/** A node as the details of a step name it: plain JSON. */
export type NodeRef = {
  readonly pod: string;
  readonly uid: string;
  readonly address: string;
  readonly id: string;
};

/** What a step keeps of a member. */
export function refOfMember({ name, uid, address, id }: Member): NodeRef {
  return { pod: name, uid, address, id };
}

/** Sends commands at once; rejects with the first error among the replies. */
export async function command(
  ports: ActionPorts,
  node: NodeRef,
  commands: readonly Command[],
  options: Omit<ConversationOptions, 'signal'> = {},
): Promise<readonly Reply[]> {
  const replies = await attempt(ports, node, commands, options);
  const index = replies.findIndex((reply) => reply instanceof Error);
  const failure = replies[index];
  if (failure instanceof Error) {
    const [name, word] = commands[index] ?? [];
    throw new Error(`Redis node ${node.pod} refused ${String(name)} ${String(word ?? '')}: ${failure.message}`, {
      cause: failure,
    });
  }
  return replies;
}

/** The same, with the errors among the replies: for commands that may have been done before. */
export function attempt(
  ports: ActionPorts,
  node: NodeRef,
  commands: readonly Command[],
  options: Omit<ConversationOptions, 'signal'> = {},
): Promise<readonly Reply[]> {
  const target = { key: node.uid, host: node.address, port: redisPort };
  return converse(target, loginOf(ports), commands, { ...options, signal: ports.signal });
}

/** The operator's user with the password of the credential Secret. */
export function loginOf(ports: ActionPorts): Login {
  const secret = ports.secret(redisNames(ports.stack).credentials);
  return { username: adminUser, password: secret?.[credentialKeys.admin] ?? '' };
}

const pollMs = 100;

/** Asks until the condition holds or the time is over; answers which. Connection errors count as "not yet". */
export async function waitFor(
  signal: AbortSignal,
  timeoutMs: number,
  condition: () => Promise<boolean>,
): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  while (performance.now() < until && !signal.aborted) {
    if (await condition().catch(() => false)) {
      return true;
    }
    await delay(pollMs);
  }
  return false;
}
