import type { ResourceEvent, ResourceMeta } from '@dot-i/k8s-operator';
import { CoreV1Api } from '@kubernetes/client-node';
import test, { type ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { BaseOperator } from './base-operator.ts';
import { ConflictError } from './errors.ts';
import { createKubeMetrics } from './metrics.ts';
import { FaultServer, sendJson, sendStatus } from './testing/fault-server.ts';
import { createRecordingLogger } from './testing/recording-logger.ts';
import { until } from './testing/until.ts';
import { anObject, eventLine, openWatch, streamedList } from './testing/watch-api.ts';

/** Makes the inherited protected methods visible to the test. */
class TestOperator extends BaseOperator {
  readonly events: string[] = [];
  starts = 0;
  fails = false;

  protected override async init(): Promise<void> {
    this.starts += 1;
    await this.watchResource('', 'v1', 'configmaps', async ({ type, meta }) => {
      this.events.push(`${type} ${meta.name}`);
      if (this.fails) {
        throw new Error('the handler failed');
      }
    });
  }

  finalizer(event: ResourceEvent, action: () => Promise<void> = () => Promise.resolve()): Promise<boolean> {
    return this.handleResourceFinalizer(event, 'ecommerce.stack/cleanup', action);
  }
  status(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    return this.setResourceStatus(meta, status);
  }
  patchStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    return this.patchResourceStatus(meta, status);
  }
  register(file: string): Promise<{ group: string; plural: string }> {
    return this.registerCustomResourceDefinition(file);
  }
  uri(namespace?: string): string {
    return this.getCustomResourceApiUri('ecommerce.stack', 'v1beta1', 'ecommercestacks', namespace);
  }
  async coreApi(): Promise<CoreV1Api> {
    return (await this.loadKubeConfig()).makeApiClient(CoreV1Api);
  }
}

const meta = {
  id: 'ecommercestacks.ecommerce.stack/v1beta1',
  name: 'shop',
  namespace: 'ns',
  resourceVersion: '7',
  apiVersion: 'ecommerce.stack/v1beta1',
  kind: 'EcommerceStack',
};
const stackPath = '/apis/ecommerce.stack/v1beta1/namespaces/ns/ecommercestacks/shop';

async function start(t: ExecutionContext) {
  const server = await FaultServer.start();
  const logger = createRecordingLogger();
  const metrics = createKubeMetrics(new Registry());
  const operator = new TestOperator({ connection: server.connection, logger, metrics, fieldManager: 'us' });
  const exit = process.exit;
  process.exit = () => {
    throw new Error('process.exit was called');
  };
  t.teardown(async () => {
    operator.stop();
    await operator.stopped();
    await server.close();
    process.exit = exit;
  });
  return { server, operator, logger };
}

function answerWith(server: FaultServer): void {
  server.answer = ({ method, path }, response) =>
    method === 'PATCH'
      ? sendJson(response, { ...meta, metadata: { name: 'shop', namespace: 'ns', resourceVersion: '8' } })
      : sendStatus(response, { code: 404, reason: 'NotFound', message: path });
}

test.serial('a watch that breaks is opened again; the process stays', async (t) => {
  const { server, operator } = await start(t);
  server.answer = (request, response) =>
    request.query.has('sendInitialEvents')
      ? streamedList('5', anObject('a', '1'))(request, response)
      : openWatch(response, eventLine('MODIFIED', anObject('a', '6')), eventLine('DELETED', anObject('a', '7')));
  await operator.start();
  await until('the first event', () => operator.events.length === 1);
  await server.close();
  await server.listen();
  await until('the events after the outage', () => operator.events.length === 3, 10_000);
  t.deepEqual(operator.events, ['ADDED a', 'MODIFIED a', 'DELETED a']);
  t.is(operator.starts, 1);
});

test.serial('a handler that fails is logged and does not stop the next event', async (t) => {
  const { server, operator, logger } = await start(t);
  operator.fails = true;
  server.answer = streamedList('5', anObject('a', '1'), anObject('b', '2'));
  await operator.start();
  await until('both events', () => operator.events.length === 2);
  await until('both errors', () => logger.lines.filter(({ level }) => level === 'error').length === 2);
  t.pass();
});

test.serial('finalizers are written with the resourceVersion, and a conflict is an error', async (t) => {
  const { server, operator } = await start(t);
  answerWith(server);
  const metadata = { name: 'shop', namespace: 'ns', resourceVersion: '7', finalizers: ['other'] };
  // The library's enum is a string at run time.
  const event = { meta, type: 'ADDED', object: { ...meta, metadata } } as unknown as ResourceEvent;
  t.true(await operator.finalizer(event));
  const [request] = server.requests;
  t.is(request?.path, stackPath);
  t.is(request?.headers['content-type'], 'application/merge-patch+json');
  t.deepEqual(JSON.parse(request?.body ?? ''), {
    metadata: { resourceVersion: '7', finalizers: ['other', 'ecommerce.stack/cleanup'] },
  });
  server.answer = (_request, response) => sendStatus(response, { code: 409, reason: 'Conflict', message: 'modified' });
  await t.throwsAsync(operator.finalizer({ ...event, object: { ...meta, metadata: { name: 'shop' } } }), {
    instanceOf: ConflictError,
  });
});

test.serial('the status is applied as our own, and a failed write is an error', async (t) => {
  const { server, operator } = await start(t);
  answerWith(server);
  t.is((await operator.status(meta, { phase: 'Ready' })).resourceVersion, '8');
  await operator.patchStatus(meta, { phase: 'Ready' });
  const [applied, patched] = server.requests;
  t.is(applied?.path, `${stackPath}/status`);
  t.is(applied?.query.get('fieldManager'), 'us');
  t.is(applied?.headers['content-type'], 'application/apply-patch+yaml');
  t.deepEqual(JSON.parse(applied?.body ?? ''), {
    apiVersion: meta.apiVersion,
    kind: meta.kind,
    metadata: { name: 'shop', namespace: 'ns' },
    status: { phase: 'Ready' },
  });
  t.is(patched?.path, `${stackPath}/status`);
  t.deepEqual(JSON.parse(patched?.body ?? ''), { status: { phase: 'Ready' } });
  server.answer = (_request, response) => sendStatus(response, { code: 500, reason: 'InternalError', message: 'no' });
  await t.throwsAsync(operator.status(meta, {}));
  await t.throwsAsync(operator.patchStatus(meta, {}));
});

test.serial('addresses are those of the server', async (t) => {
  const { server, operator } = await start(t);
  t.is(operator.uri('ns'), `${server.connection.server}/apis/ecommerce.stack/v1beta1/namespaces/ns/ecommercestacks`);
  t.is(operator.uri(), `${server.connection.server}/apis/ecommerce.stack/v1beta1/ecommercestacks`);
});

test.serial("the library's own API classes go over our pool with our credentials", async (t) => {
  const { server, operator } = await start(t);
  const sockets = new Set<unknown>();
  server.answer = ({ headers }, response) => {
    sockets.add(response.socket);
    t.is(headers.authorization, 'Bearer x');
    sendJson(response, { apiVersion: 'v1', kind: 'NamespaceList', metadata: {}, items: [] });
  };
  const api = await operator.coreApi();
  for (let call = 0; call < 20; call += 1) {
    await api.listNamespace();
  }
  t.true(sockets.size < 5, `${sockets.size} connections for 20 calls`);
});

test.serial('a file that is no CustomResourceDefinition is refused', async (t) => {
  const { operator } = await start(t);
  await t.throwsAsync(operator.register(new URL('../../package.json', import.meta.url).pathname), {
    message: /package\.json: expected one CustomResourceDefinition/,
  });
});

test.serial('stop may come twice, and before the start', async (t) => {
  const { operator } = await start(t);
  operator.stop();
  operator.stop();
  await operator.stopped();
  t.pass();
});
