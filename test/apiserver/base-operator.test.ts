import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResourceEvent } from '@dot-i/k8s-operator';
import test from 'ava';
import { Registry } from 'prom-client';
import { startApiServer } from '../../lab/api.ts';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { BaseOperator } from '../../operator/kube/base-operator.ts';
import { loadConnection } from '../../operator/kube/connection.ts';
import { createEventRecorder, type EventRecorder } from '../../operator/kube/events.ts';
import { createKubeMetrics } from '../../operator/kube/metrics.ts';
import { createRecordingLogger } from '../../operator/kube/testing/recording-logger.ts';
import { eventually } from '../support/kube.ts';

const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ecommercestacks.ecommerce.stack}
spec:
  group: ecommerce.stack
  scope: Namespaced
  names: {plural: ecommercestacks, singular: ecommercestack, kind: EcommerceStack}
  versions:
    - name: v1beta1
      served: true
      storage: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema:
          type: object
          properties:
            status: {type: object, properties: {phase: {type: string}, message: {type: string}}}
`;

class ShellOperator extends BaseOperator {
  readonly seen: ResourceEvent[] = [];
  readonly recorder: EventRecorder<'Seen'> = createEventRecorder({
    client: this.client,
    controller: 'ecommerce.stack/operator',
    instance: 'test',
    logger: this.log,
    metrics: this.metrics,
  });
  crdFile = '';

  protected override async init(): Promise<void> {
    const { group, plural } = await this.registerCustomResourceDefinition(this.crdFile);
    await this.watchResource(group, 'v1beta1', plural, async (event) => {
      this.seen.push(event);
      if (await this.handleResourceFinalizer(event, 'ecommerce.stack/cleanup', () => Promise.resolve())) {
        return;
      }
      await this.setResourceStatus(event.meta, { phase: 'Ready', message: 'first' });
      await this.patchResourceStatus(event.meta, { message: 'second' });
    });
  }
}

let server: LocalControlPlane;

test.before(async () => {
  server = await startApiServer();
});

test.after.always(() => server?.stop());

test('the shell registers its resource, keeps a finalizer, writes status and events, and lets go', async (t) => {
  const operator = new ShellOperator({
    connection: await loadConnection({ kubeconfig: server.kubeconfigPath }),
    logger: createRecordingLogger(),
    metrics: createKubeMetrics(new Registry()),
    fieldManager: 'ecommerce-operator',
  });
  operator.crdFile = join(server.directory, 'crd.yaml');
  await writeFile(operator.crdFile, crd);
  await operator.start();
  const manifest = { apiVersion: 'ecommerce.stack/v1beta1', kind: 'EcommerceStack', metadata: { name: 'shop' } };
  const file = join(server.directory, 'shop.json');
  await writeFile(file, JSON.stringify(manifest));
  await server.kubectl(['apply', '-f', file]);
  await server.kubectl(['wait', '--for=jsonpath={.status.message}=second', 'ecommercestack/shop', '--timeout=20s']);
  t.is(
    await server.kubectl(['get', 'ecommercestack/shop', '-o', 'jsonpath={.status.phase} {.metadata.finalizers}']),
    'Ready ["ecommerce.stack/cleanup"]',
  );

  // An object of the watch is plain JSON, whatever the library's type says of its dates.
  const regarding = operator.seen[0]?.object as unknown as Parameters<typeof operator.recorder.record>[0]['regarding'];
  operator.recorder.record({ regarding, type: 'Normal', reason: 'Seen', action: 'Watch', note: 'The stack was seen.' });
  operator.recorder.record({ regarding, type: 'Normal', reason: 'Seen', action: 'Watch', note: 'The stack was seen.' });
  await operator.recorder.stop();
  const events = await server.kubectl(['events', '--for=ecommercestack/shop', '-A']);
  t.regex(events, /\(x2 over .*Normal\s+Seen\s+EcommerceStack\/shop\s+The stack was seen\./);

  await server.kubectl(['delete', 'ecommercestack/shop', '--timeout=20s']);
  await eventually('the deletion', () => operator.seen.some(({ type }) => type === 'DELETED'));
  operator.stop();
  await operator.stopped();
});
