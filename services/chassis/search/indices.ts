/** Indices, their templates, and the aliases by which services know them. */
import type { SearchClient } from './client.ts';
import { SearchRefusedError } from './errors.ts';

/** What new indices of a pattern are made like. */
export interface IndexTemplate {
  readonly patterns: readonly string[];
  readonly settings: object;
  readonly mappings: object;
}

/** As many copies as there are nodes for, at most one: a single node stays green, three survive the loss of one. */
export const copySettings = { auto_expand_replicas: '0-1' } as const;

/** Creates or replaces a template; indices that are there stay as they are. */
export async function putTemplate(
  client: SearchClient,
  name: string,
  { patterns, settings, mappings }: IndexTemplate,
): Promise<void> {
  const template = { settings: { ...copySettings, ...settings }, mappings };
  const path = `/_index_template/${encodeURIComponent(name)}`;
  const body = { index_patterns: patterns, template };
  await client.send({ operation: 'put-template', method: 'PUT', path, body, isSafe: true });
}

/** Creates an index as its template says; one that is there is left alone. */
export async function createIndex(client: SearchClient, name: string, body: object = {}): Promise<void> {
  const path = `/${encodeURIComponent(name)}`;
  try {
    await client.send({ operation: 'create-index', method: 'PUT', path, body, isSafe: true });
  } catch (error) {
    if (!(error instanceof SearchRefusedError) || error.type !== 'resource_already_exists_exception') throw error;
  }
}

/** Indices behind an alias; none when there is no such alias. */
export async function indicesOf(client: SearchClient, alias: string): Promise<readonly string[]> {
  const path = `/_alias/${encodeURIComponent(alias)}`;
  try {
    const answer = await client.send<Record<string, unknown>>({
      operation: 'get-alias',
      method: 'GET',
      path,
      isSafe: true,
    });
    return Object.keys(answer).toSorted();
  } catch (error) {
    if (error instanceof SearchRefusedError && error.status === 404) return [];
    throw error;
  }
}

/** Points an alias at one index and away from all others, in one step: readers see the old or the new one. */
export async function pointAlias(client: SearchClient, alias: string, index: string): Promise<void> {
  const others = (await indicesOf(client, alias)).filter((name) => name !== index);
  const actions = [
    ...others.map((name) => ({ remove: { index: name, alias } })),
    { add: { index, alias, is_write_index: true } },
  ];
  await client.send({ operation: 'set-alias', method: 'POST', path: '/_aliases', body: { actions }, isSafe: true });
}

/** Deletes an index; one that is not there is fine. */
export async function deleteIndex(client: SearchClient, name: string): Promise<void> {
  const path = `/${encodeURIComponent(name)}?ignore_unavailable=true`;
  await client.send({ operation: 'delete-index', method: 'DELETE', path, isSafe: true });
}
