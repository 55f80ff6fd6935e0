import test from 'ava';
import fc from 'fast-check';
import { kinds } from '../api/kinds.ts';
import type { KubernetesObject, ObjectRef } from '../api/kubernetes.ts';
import type { LiveObject } from './live-object.ts';
import { ObjectTable } from './object-table.ts';
import { StringPool } from './strings.ts';

const namespace = 'ns';
const names = ['a', 'b', 'c'] as const;
const stacks = ['shop', 'other'] as const;
const tableKinds = [kinds.Deployment, kinds.ConfigMap, kinds.Pod];

/** Numbers of the kind, the name, the uid and the stack; what differs makes another version. */
interface Version {
  readonly kind: number;
  readonly name: number;
  readonly uid: number;
  readonly stack: number;
  readonly version: number;
  readonly replicas: number;
  readonly ready: number;
  readonly isDeleting: boolean;
}

interface Operation {
  readonly what: 'set' | 'upsert' | 'delete' | 'verify' | 'remove' | 'relist' | 'rewind' | 'rest';
  readonly of: Version;
}

const version: fc.Arbitrary<Version> = fc.record({
  kind: fc.nat(tableKinds.length - 1),
  name: fc.nat(names.length - 1),
  uid: fc.nat(1),
  stack: fc.nat(stacks.length - 1),
  version: fc.integer({ min: 1, max: 20 }),
  replicas: fc.nat(2),
  ready: fc.nat(2),
  isDeleting: fc.boolean(),
});
const operation: fc.Arbitrary<Operation> = fc.record({
  what: fc.constantFrom(
    'set',
    'set',
    'set',
    'upsert',
    'delete',
    'verify',
    'remove',
    'relist',
    'rewind',
    'rest',
    'rest',
  ),
  of: version,
});

function anObject(of: Version): KubernetesObject {
  const { apiVersion, kind } = tableKinds[of.kind] ?? kinds.ConfigMap;
  const isOurs = kind !== 'Pod';
  return {
    apiVersion,
    kind,
    metadata: {
      namespace,
      name: names[of.name] ?? 'a',
      uid: `uid-${of.kind}-${of.name}-${of.uid}`,
      resourceVersion: String(of.version),
      generation: of.replicas + 1,
      labels: { stack: stacks[of.stack] ?? 'shop', 'pod-template-hash': `h${of.ready}` },
      annotations: { hash: `rendered-${of.replicas}` },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Owner', name: 'o', uid: `owner-${of.stack}`, controller: true }],
      ...(of.isDeleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
      ...(isOurs
        ? { managedFields: [{ manager: 'us', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }] }
        : {}),
    },
    spec: { replicas: of.replicas },
    status: { readyReplicas: of.ready, phase: 'Running' },
  };
}

/** A table and everything that can be seen of it. */
class Subject {
  readonly told: string[] = [];
  size = 0;
  readonly #table = new ObjectTable(tableKinds, [undefined], {
    rules: {
      manager: 'us',
      names: { stackLabel: 'stack', appliedHashAnnotation: 'hash', identityAnnotation: 'identity' },
      pool: new StringPool(),
    },
    events: {
      onChange: (stack, { ref, type, differs, initial }) =>
        void this.told.push(`${stack} ${ref.kind}/${ref.name} ${type} ${differs.join('+')} ${initial}`),
      onSize: (_kind, delta) => {
        this.size += delta;
      },
      onDropped: ({ kind }) => void this.told.push(`${kind} dropped`),
    },
  });

  apply({ what, of }: Operation, mayRest: boolean): void {
    const object = anObject(of);
    const ref: ObjectRef = { apiVersion: object.apiVersion, kind: object.kind, namespace, name: object.metadata.name };
    const store = this.#table.stores[of.kind]?.store;
    const steps: Readonly<Record<Operation['what'], () => void>> = {
      set: () => store?.set(object, of.ready === 0),
      delete: () => store?.delete(object),
      upsert: () => void this.#table.upsert(object),
      verify: () => this.#table.verified(ref),
      remove: () => this.#table.markRemoved(ref, object.metadata.uid ?? ''),
      relist: () => store?.retain(new Set([`${namespace}/${object.metadata.name}`]), String(of.version)),
      rewind: () => store?.clear(),
      rest: () => {
        if (mayRest) this.#table.rest(namespace, stacks[of.stack] ?? 'shop');
      },
    };
    steps[what]();
  }

  seen(): object {
    const lists = stacks.map((stack) => this.#table.listByStack(namespace, stack).map(toPlain));
    const each = tableKinds.flatMap(({ apiVersion, kind }) =>
      names.map((name) => toPlain(this.#table.get({ apiVersion, kind, namespace, name }))),
    );
    return { told: this.told, size: this.size, lists, each };
  }
}

function toPlain(live: LiveObject | undefined): unknown {
  return live === undefined ? undefined : JSON.parse(JSON.stringify(live));
}

test('a table whose stacks rest now and then cannot be told from one whose never do', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const [resting, awake] = [new Subject(), new Subject()];
        for (const one of operations) {
          resting.apply(one, true);
          awake.apply(one, false);
        }
        t.deepEqual(resting.seen(), awake.seen());
      }),
      { numRuns: 300 },
    ),
  );
});

test('what waits to be compared keeps its stack awake', (t) => {
  const table = new ObjectTable([kinds.Deployment], [undefined], {
    rules: {
      manager: 'us',
      names: { stackLabel: 'stack', appliedHashAnnotation: 'hash', identityAnnotation: 'identity' },
      pool: new StringPool(),
    },
    events: { onChange: () => undefined, onSize: () => undefined, onDropped: () => undefined },
  });
  const of = { kind: 0, name: 0, uid: 0, stack: 0, version: 1, replicas: 2, ready: 0, isDeleting: false };
  table.stores[0]?.store.set(anObject(of), true);
  table.rest(namespace, 'shop');
  const [live] = table.listByStack(namespace, 'shop');
  t.deepEqual(live?.owned, { spec: { replicas: 2 } });
});
