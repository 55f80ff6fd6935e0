import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'undici';
import { type KubernetesObject, refOf } from '../../operator/api/kubernetes.ts';
import { loadConnection } from '../../operator/kube/connection.ts';
import { objectPath } from '../../operator/kube/paths.ts';
import { repeat } from '../harness/closed-loop.ts';
import type { BenchServer } from '../rig/server.ts';

/** Parallel writes of the raw lanes: as many as the operator's client has. */
const lanes = 8;

/** Another way to apply the same objects. */
export interface Racer extends AsyncDisposable {
  readonly name: string;
  /** Does everything that can be done beforehand; the result applies the objects, as often as it is called. */
  ready(objects: readonly KubernetesObject[]): Promise<() => Promise<void>>;
}

/** The program that a careful user would take: one server-side apply of one file. */
export function kubectlRacer(server: BenchServer): Racer {
  let files = 0;
  return {
    name: 'kubectl',
    async ready(objects) {
      files += 1;
      const path = join(server.directory, `objects-${files}.json`);
      await writeFile(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
      return async () => {
        await server.kubectl(['apply', '--server-side', '-o', 'name', '-f', path]);
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The limit: bodies that are rendered beforehand, sent on eight kept-alive connections by the bare HTTP library. */
export async function rawRacer(server: BenchServer): Promise<Racer> {
  const connection = await loadConnection({ kubeconfig: server.kubeconfigPath });
  const { headers, tls } = await connection.credentials();
  const pool = new Pool(connection.server, { allowH2: false, connections: lanes, pipelining: 1, connect: { ...tls } });
  const send = async ({ path, body }: RawRequest) => {
    const answer = await pool.request({
      method: 'PATCH',
      path,
      headers: { ...headers, 'content-type': 'application/apply-patch+yaml' },
      body,
    });
    const text = await answer.body.text();
    if (answer.statusCode > 201) {
      throw new Error(`PATCH ${path} was answered ${answer.statusCode}: ${text.slice(0, 300)}`);
    }
    JSON.parse(text);
  };
  return {
    name: 'raw lanes',
    ready: (objects) => {
      const requests = objects.map(toRequest);
      return Promise.resolve(() => sendAll(requests, send));
    },
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

interface RawRequest {
  readonly path: string;
  readonly body: string;
}

function toRequest(object: KubernetesObject): RawRequest {
  return {
    path: `${objectPath(refOf(object))}?fieldManager=bench-raw&fieldValidation=Strict`,
    body: JSON.stringify(object),
  };
}

async function sendAll(requests: readonly RawRequest[], send: (request: RawRequest) => Promise<void>): Promise<void> {
  const waiting = requests.values();
  const sendNext = async () => {
    const { value, done } = waiting.next();
    if (done !== true) {
      await send(value);
    }
  };
  await repeat(sendNext, { inFlight: lanes, count: requests.length });
}
