import type { AnyComponent } from '../components/contract.ts';
import { annotations } from '../objects/names.ts';
import type { Pass } from './pass.ts';

/**
 * The identity of a component's data (PostgreSQL's system identifier, a cluster id) is kept on its credential Secret:
 * both outlive the stack, so that a later stack of the same name can tell its own data from other data.
 */
export function recordedIdentity(pass: Pass, component: AnyComponent): string | undefined {
  const ref = keeperOf(pass, component);
  const onSecret = ref === undefined ? undefined : pass.ports.children.get(ref)?.identity;
  return onSecret ?? pass.previous.components?.find(({ name }) => name === component.name)?.identity;
}

/** Records an identity once; what is recorded never changes. */
export async function recordIdentity(pass: Pass, component: AnyComponent, identity: string | undefined): Promise<void> {
  const ref = keeperOf(pass, component);
  if (identity === undefined || ref === undefined || pass.pause === 'all') {
    return;
  }
  const live = pass.ports.children.get(ref);
  if (live === undefined || live.identity !== undefined) {
    return;
  }
  const metadata = { resourceVersion: live.resourceVersion, annotations: { [annotations.identity]: identity } };
  pass.ports.children.upsert(await pass.ports.kube.patch(ref, { metadata }));
}

function keeperOf(pass: Pass, component: AnyComponent) {
  const name = component.credentials(pass.stack)[0]?.name;
  return name === undefined ? undefined : { apiVersion: 'v1', kind: 'Secret', namespace: pass.stack.namespace, name };
}
