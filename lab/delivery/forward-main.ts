import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../programs/run.ts';

/** The program behind forward.ts: `kubectl port-forward`, started again whenever it ends, until this process is ended. */
const [kubectl = 'kubectl', kubeconfig = '', namespace = '', name = '', servicePort = '', localPort = ''] =
  process.argv.slice(2);
/** A Service without ready pods ends the forward at once; twice a second is soon enough to notice that it has one again. */
const restartMs = 500;

const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());

const target = [
  'port-forward',
  '-n',
  namespace,
  `service/${name}`,
  `${localPort}:${servicePort}`,
  '--address',
  '127.0.0.1',
];
while (!ending.signal.aborted) {
  await run([kubectl, ...target], { env: { KUBECONFIG: kubeconfig }, signal: ending.signal }).catch(() => undefined);
  await delay(restartMs, undefined, { signal: ending.signal }).catch(() => undefined);
}
