import { kinds } from '../api/kinds.ts';
import type { KubernetesObject } from '../api/kubernetes.ts';
import type { CompleteStack } from '../api/v1beta1/complete-stack.ts';
import {
  type Action,
  type AnyComponent,
  type Component,
  type Desired,
  type DesiredContext,
  defineComponent,
  type Readiness,
} from '../components/contract.ts';
import { ownedMetadata } from '../objects/metadata.ts';
import { childName } from '../objects/names.ts';

/** What a toy observes of itself. */
export interface ToyObserved {
  readonly identity: string | undefined;
}

/** A component of one ConfigMap per entry of `data` that is ready as soon as they are there; tests override parts. */
export function aToy(name: string, overrides: Partial<Component<ToyObserved>> = {}): AnyComponent {
  return defineComponent<ToyObserved>({
    name,
    conditionType: 'ServicesReady',
    dependsOn: [],
    kinds: [kinds.ConfigMap, kinds.Secret],
    permissions: [],
    isEnabled: () => true,
    credentials: (stack) => [
      { name: childName(stack.name, name, 'credentials'), keys: { password: { kind: 'password', length: 24 } } },
    ],
    inputs: () => [],
    desired: (stack) => ({ objects: toyObjects(stack, name), held: [] }),
    gather: (_stack, reader) => Promise.resolve({ identity: reader.recorded.identity }),
    readiness: (): Readiness => ({ state: 'ready', message: 'It works.' }),
    report: () => ({ identity: `identity-of-${name}` }),
    actions: [],
    ...overrides,
  });
}

/** Three ConfigMaps, one of them with the stack's version. */
export function toyObjects(stack: CompleteStack, name: string): readonly KubernetesObject[] {
  return ['a', 'b', 'c'].map((suffix) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: ownedMetadata(stack, name, childName(stack.name, name, suffix)),
    data: { value: suffix === 'a' ? stack.version : suffix },
  }));
}

export type { Action, Desired, DesiredContext };
