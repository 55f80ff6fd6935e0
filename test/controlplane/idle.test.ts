import test from 'ava';
import { startControlPlane } from '#lab/api.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startCountingProxy } from '../../bench/rig/counting-proxy.ts';
import { RequestLog } from '../../bench/rig/requests.ts';
import { kubeconfigThrough } from '../../bench/rig/server.ts';
import { installOperator, startOperator } from '../support/operator-process.ts';
import { aManifest, apply, createNamespace, waitForStack } from '../support/stacks.ts';

/** Longer than any poll of the operator; `make bench` watches ready stacks, and as long as one likes: `--minutes=5`. */
const idleMs = 30_000;
const settleMs = 5_000;

test('beside real controllers an unchanged stack costs nothing, and one changed field one child write', async (t) => {
  await using server = await startControlPlane({ audit: true });
  const own = await installOperator(server);
  await using proxy = await startCountingProxy({ port: Number(new URL(server.serverUrl).port) });
  await createNamespace(server, 'idle');
  await using _operator = await startOperator(await kubeconfigThrough(server, proxy.port, own));
  const requests = new RequestLog(server, 'ecommerce-operator');
  await apply(server, aManifest('idle', 'shop'));
  await waitForStack(server, 'idle/shop', ({ status }) => (status?.components?.length ?? 0) > 3);
  await passes(settleMs, requests);

  const watched = new Set(watchesIn(await requests.all()));
  t.true(watched.size > 10, [...watched].join(', '));
  const connections = proxy.connections;
  await requests.mark();
  await waitFor('the time is over', ticking(idleMs), { timeoutMs: idleMs * 2, intervalMs: 500 });
  const { childWrites, statusWrites, otherWrites, reads } = await requests.counts();
  t.deepEqual(
    { childWrites, statusWrites, otherWrites, reads },
    { childWrites: 0, statusWrites: 0, otherWrites: 0, reads: 0 },
    await requests.describe(),
  );
  const again = watchesIn(await requests.since());
  t.log(`${idleMs / 1000} s, ${watched.size} watched kinds; watches opened again: ${again.join(', ') || 'none'}`);
  // The API server ends a watch after five to ten minutes of its own accord, so a window may see each kind's end once.
  t.is(new Set(again).size, again.length, again.join(', '));
  t.true(proxy.connections - connections <= again.length, `${proxy.connections - connections} new connections`);

  await requests.mark();
  const gateway = { env: { APP_LOG_LEVEL: 'debug' } };
  await apply(server, aManifest('idle', 'shop', { services: { gateway } }));
  await waitForStack(server, 'idle/shop', ({ status }) => status?.observedGeneration === 2);
  await passes(settleMs, requests);
  const changed = await requests.counts();
  t.is(changed.childWrites, 1, await requests.describe());
  t.true(changed.statusWrites <= 2, await requests.describe());
  t.is(changed.reads, 0, await requests.describe());
});

/** Resolves when the operator has asked nothing for so long. */
async function passes(quietMs: number, requests: RequestLog): Promise<void> {
  let [count, isOver] = [-1, ticking(quietMs)];
  const look = async () => {
    const { length } = await requests.all();
    if (length !== count) {
      [count, isOver] = [length, ticking(quietMs)];
    }
    return isOver();
  };
  await waitFor('the operator is quiet', look, { timeoutMs: 120_000, intervalMs: 250 });
}

/** True from so many milliseconds on. */
function ticking(ms: number): () => Promise<boolean> {
  const end = performance.now() + ms;
  return () => Promise.resolve(performance.now() >= end);
}

function watchesIn(events: Awaited<ReturnType<RequestLog['all']>>): readonly string[] {
  return events.filter(({ verb }) => verb === 'watch').map(({ objectRef }) => objectRef?.resource ?? '');
}
