import type { ActionPorts } from '../../contract.ts';
import type { Command, Reply } from '../facts.ts';
import { adminUser, redisPort } from '../names.ts';
import { attempt, command, loginOf, type NodeRef } from './nodes.ts';

/** Slots that travel together. */
export type SlotTransfer = {
  readonly from: NodeRef;
  readonly to: NodeRef;
  readonly slots: readonly number[];
};

/** Slots that are open at once: enough to make round trips cheap, few enough to finish soon after an interruption. */
const batchSize = 64;
/** Keys per MIGRATE: both nodes stand still while one such command runs. */
const keysPerCommand = 50;
/** For one MIGRATE, milliseconds; a single huge key can take seconds. */
const migrateTimeoutMs = 20_000;

/**
 * Carries slots with their keys from one primary to another, batch by batch, until done or until `until`
 * (`performance.now()`) has passed. Interrupted anywhere, no key is lost: what is open is finished by a repair. Each
 * slot is answered by one node at every moment; clients follow ASK and MOVED.
 */
export async function moveSlots(
  ports: ActionPorts,
  transfer: SlotTransfer,
  primaries: readonly NodeRef[],
  until: number,
): Promise<void> {
  for (let at = 0; at < transfer.slots.length; at += batchSize) {
    if (performance.now() >= until || ports.signal.aborted) {
      return;
    }
    await moveBatch(ports, { ...transfer, slots: transfer.slots.slice(at, at + batchSize) }, primaries);
  }
}

async function moveBatch(ports: ActionPorts, transfer: SlotTransfer, primaries: readonly NodeRef[]): Promise<void> {
  const { from, to, slots } = transfer;
  // The receiver first: from the moment that the giver redirects, it must accept.
  await command(
    ports,
    to,
    slots.map((slot) => setSlot(slot, 'IMPORTING', from.id)),
  );
  await command(
    ports,
    from,
    slots.map((slot) => setSlot(slot, 'MIGRATING', to.id)),
  );
  for (const slot of slots) {
    await moveKeys(ports, transfer, slot);
  }
  // The receiver first again: if the giver gave up ownership before, nobody would have it for a moment.
  const assign = slots.map((slot) => setSlot(slot, 'NODE', to.id));
  await command(ports, to, assign);
  await command(ports, from, assign);
  // The others would learn it by gossip; telling them spares their clients a redirection.
  const others = primaries.filter(({ id }) => id !== from.id && id !== to.id);
  await Promise.all(others.map((node) => attempt(ports, node, assign)));
}

async function moveKeys(ports: ActionPorts, { from, to }: SlotTransfer, slot: number): Promise<void> {
  for (;;) {
    const list: Command = ['CLUSTER', 'GETKEYSINSLOT', String(slot), String(keysPerCommand)];
    const [keys] = await command(ports, from, [list], { binary: true });
    const names = toBuffers(keys);
    if (names.length === 0) {
      return;
    }
    await command(ports, from, [migrate(ports, to, names)], { timeoutMs: migrateTimeoutMs + 2000 });
  }
}

/**
 * REPLACE: a key that is already there came from an interrupted attempt (the giver kept it because the answer got lost),
 * and the giver's is the true one as long as the slot is its own.
 */
function migrate(ports: ActionPorts, to: NodeRef, keys: readonly Buffer[]): Command {
  const { password } = loginOf(ports);
  const options = ['REPLACE', 'AUTH2', adminUser, password, 'KEYS'];
  return ['MIGRATE', to.address, String(redisPort), '', '0', String(migrateTimeoutMs), ...options, ...keys];
}

/** `CLUSTER SETSLOT` of one slot. */
export function setSlot(slot: number, state: 'IMPORTING' | 'MIGRATING' | 'NODE', nodeId: string): Command {
  return ['CLUSTER', 'SETSLOT', String(slot), state, nodeId];
}

function toBuffers(reply: Reply): readonly Buffer[] {
  const list: readonly unknown[] = Array.isArray(reply) ? reply : [];
  return list.filter((key) => Buffer.isBuffer(key));
}
