/** Which index is which: the aliases are the only record of it, and change in one step. */
import type { SearchClient } from '#chassis/search/client.ts';
import { SearchRefusedError } from '#chassis/search/errors.ts';
import { createIndex, deleteIndex, indicesOf } from '#chassis/search/indices.ts';
import type { Places } from '../domain/index-pair.ts';
import { productsDefinition, recordsDefinition } from './definition.ts';
import type { IndexNames } from './names.ts';

/** Makes what a new shop needs; what is there stays. Many processes may do so at once. */
export async function ensureIndices(client: SearchClient, names: IndexNames): Promise<void> {
  await createIndex(client, names.state, recordsDefinition);
  await createIndex(client, names.stock, recordsDefinition);
  if ((await indicesOf(client, names.write)).length > 0) return;
  // With its aliases in the same step: nobody finds one without the other.
  const aliases = { [names.read]: {}, [names.write]: {} };
  await createIndex(client, productIndex(names, 1), { ...productsDefinition, aliases });
}

export function productIndex(names: IndexNames, number: number): string {
  return `${names.productsPrefix}${number}`;
}

/** All indices of products, the oldest first. */
export async function listProductIndices(client: SearchClient, names: IndexNames): Promise<readonly string[]> {
  const path = `/${encodeURIComponent(names.productsPrefix)}*/_alias`;
  const answer = await client.send<Record<string, unknown>>({
    operation: 'get-alias',
    method: 'GET',
    path,
    isSafe: true,
  });
  return Object.keys(answer)
    .filter((name) => numberOf(names, name) > 0)
    .toSorted((a, b) => numberOf(names, a) - numberOf(names, b));
}

/** A name that no index has had since the oldest that is still there. */
export async function nextProductIndex(client: SearchClient, names: IndexNames): Promise<string> {
  const last = (await listProductIndices(client, names)).at(-1);
  return productIndex(names, last === undefined ? 1 : numberOf(names, last) + 1);
}

function numberOf(names: IndexNames, index: string): number {
  const text = index.slice(names.productsPrefix.length);
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

export async function readPlaces(client: SearchClient, names: IndexNames): Promise<Places> {
  const [[live], [shadow]] = await Promise.all([indicesOf(client, names.read), indicesOf(client, names.shadow)]);
  return { live, shadow };
}

/**
 * Makes `index` the shadow: from this moment on it gets every change. Indices that are neither live nor this one are deleted: the
 * shadow before, and what a rebuild that was cut off has left.
 */
export async function openShadow(client: SearchClient, names: IndexNames, index: string): Promise<void> {
  await createIndex(client, index, productsDefinition);
  const before = (await indicesOf(client, names.shadow)).filter((name) => name !== index);
  await changeAliases(client, [
    ...before.map((name) => ({ remove: { index: name, alias: names.shadow } })),
    { add: { index, alias: names.shadow } },
  ]);
  const { live } = await readPlaces(client, names);
  if (live === undefined) return;
  const others = (await listProductIndices(client, names)).filter((name) => name !== live && name !== index);
  for (const name of others) await deleteIndex(client, name);
}

/** The shadow is no more; nothing when it is not `index`. */
export async function dropShadow(client: SearchClient, names: IndexNames, index: string): Promise<void> {
  const { live } = await readPlaces(client, names);
  if (live !== index) await deleteIndex(client, index);
}

/** Lets the live index and the shadow change places, for readers and writers in one step. Nothing when `to` is live already. */
export async function exchange(client: SearchClient, names: IndexNames, to: string): Promise<void> {
  const { live } = await readPlaces(client, names);
  if (live === to || live === undefined) return;
  try {
    await changeAliases(client, [
      { remove: { index: live, alias: names.read } },
      { remove: { index: live, alias: names.write } },
      { remove: { index: to, alias: names.shadow } },
      { add: { index: to, alias: names.read } },
      { add: { index: to, alias: names.write } },
      { add: { index: live, alias: names.shadow } },
    ]);
  } catch (error) {
    // Repeated after an answer that was lost, the request finds nothing more to remove.
    if (!isMissing(error) || (await readPlaces(client, names)).live !== to) throw error;
  }
}

async function changeAliases(client: SearchClient, actions: readonly object[]): Promise<void> {
  await client.send({ operation: 'set-alias', method: 'POST', path: '/_aliases', body: { actions }, isSafe: true });
}

/** Whether the error says that an index or alias is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof SearchRefusedError && error.status === 404;
}
