import type { KubernetesObject } from '../../operator/api/kubernetes.ts';
import type { RootKubeClient } from '../../operator/kube/client.ts';
import type { ApplyOptions, KubeClient } from '../../operator/kube/kube-client.ts';

/** One server-side apply of the engine. */
export interface Applied {
  /** Exactly what was sent. */
  readonly object: KubernetesObject;
  readonly options: ApplyOptions;
  /** When the answer was there, on the clock of `performance.now()`. */
  readonly answeredAt: number;
}

/** A client that notes each apply, so that others can be raced with the same bodies. */
export function recordApplies(client: RootKubeClient, applied: Applied[]): RootKubeClient {
  const wrap = (inner: KubeClient): KubeClient => ({
    get: (ref) => inner.get(ref),
    create: (object) => inner.create(object),
    patch: (ref, body, options) => inner.patch(ref, body, options),
    remove: (ref, options) => inner.remove(ref, options),
    list: (kind, options) => inner.list(kind, options),
    async apply(object, options) {
      const answer = await inner.apply(object, options);
      applied.push({ object, options, answeredAt: performance.now() });
      return answer;
    },
  });
  return { ...wrap(client), forPass: (scope) => wrap(client.forPass(scope)) };
}
