/**
 * The limit, as a program of its own: watches the objects of a list and applies the ready body of each that was deleted or
 * changed by somebody else. It renders nothing, compares nothing and remembers one version per object.
 *
 *     node bench/drift/raw-loop.ts <kubeconfig> <file with a JSON list of objects of one kind>
 */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Pool } from 'undici';
import { type KubernetesObject, refOf } from '../../operator/api/kubernetes.ts';
import { loadConnection } from '../../operator/kube/connection.ts';
import { collectionPath, kindOf, objectPath } from '../../operator/kube/paths.ts';

const [kubeconfig = '', file = ''] = process.argv.slice(2);
const connection = await loadConnection({ kubeconfig });
const { headers, tls } = await connection.credentials();
const pool = new Pool(connection.server, { allowH2: false, connections: 8, connect: { ...tls } });
// `as`: the bench wrote this file.
const objects = JSON.parse(await readFile(file, 'utf8')) as readonly KubernetesObject[];
const bodies = new Map(objects.map((object) => [object.metadata.name, JSON.stringify(object)]));
/** Version that our last write made; `undefined` while one is under way. */
const versions = new Map<string, string | undefined>();

async function send(object: KubernetesObject): Promise<void> {
  const { name } = object.metadata;
  versions.set(name, undefined);
  const answer = await pool.request({
    method: 'PATCH',
    path: `${objectPath(refOf(object))}?fieldManager=bench-raw&force=true`,
    headers: { ...headers, 'content-type': 'application/apply-patch+yaml' },
    body: bodies.get(name) ?? '',
  });
  // `as`: an object of the API.
  const written = (await answer.body.json()) as KubernetesObject;
  versions.set(name, written.metadata.resourceVersion);
}

interface WatchEvent {
  readonly type: string;
  readonly object: KubernetesObject;
}

async function repair({ type, object }: WatchEvent): Promise<void> {
  const wanted = objects.find(({ metadata }) => metadata.name === object.metadata.name);
  const { resourceVersion = '', name } = object.metadata;
  const isOwn = versions.has(name) && (versions.get(name) === undefined || versions.get(name) === resourceVersion);
  if (wanted !== undefined && (type === 'DELETED' || (type === 'MODIFIED' && !isOwn))) {
    await send(wanted);
  }
}

await Promise.all(objects.map(send));
const [first] = objects;
if (first === undefined) {
  throw new Error(`${file} holds no object`);
}
const path = `${collectionPath(kindOf(first), first.metadata.namespace)}?watch=true&resourceVersion=${[...versions.values()].at(-1)}`;
const answer = await pool.request({ method: 'GET', path, headers: { ...headers }, bodyTimeout: 0 });
process.stdout.write('watching\n');
for await (const line of createInterface(answer.body)) {
  // `as`: a line of a watch is such an event.
  await repair(JSON.parse(line) as WatchEvent);
}
