import { aCompleteStack } from '../../../testing/complete.ts';
import type { ClusterLine } from '../cluster-nodes.ts';
import { liveOptions } from '../desired/options.ts';
import { type Shape, servicesUser } from '../names.ts';
import type { Answer, BuiltinObserved, NodeFacts, RedisPod } from '../observed.ts';
import { listSlots, type SlotRange, slotCount, toRanges } from '../slots.ts';
import { buildTopology } from '../topology.ts';

/** One node of a made-up cluster; what is not said is as in a healthy one. */
export interface ModelNode {
  readonly ordinal: number;
  id: string;
  primaryId: string | undefined;
  slots: readonly number[];
  /** Ids of the nodes that it knows. */
  knows: ReadonlySet<string>;
  identity: string | undefined;
  machine: string;
  revision: string;
}

/** A made-up cluster: plans are tested against it, and their steps applied to it, without any server. */
export interface Model {
  nodes: ModelNode[];
  replicas: number;
  recorded: string | undefined;
}

/** Nodes that know nobody and own nothing. */
export function emptyModel(pods: number, machines = 3): Model {
  const nodes = Array.from({ length: pods }, (_, ordinal) => emptyNode(ordinal, `id-${ordinal}`, machines));
  return { nodes, replicas: pods, recorded: undefined };
}

/** A node with a new volume. */
export function emptyNode(ordinal: number, id: string, machines = 3): ModelNode {
  return {
    ordinal,
    id,
    primaryId: undefined,
    slots: [],
    knows: new Set(),
    identity: undefined,
    machine: `machine-${ordinal % machines}`,
    revision: 'new',
  };
}

/** A formed cluster; the first `shards` ordinals are primaries, replica `i` follows primary `i % shards`. */
export function formedModel({ shards, pods }: Pick<Shape, 'shards' | 'pods'>, machines = 3): Model {
  const model = emptyModel(pods, machines);
  const size = Math.ceil(slotCount / shards);
  const ids = new Set(model.nodes.map(({ id }) => id));
  for (const node of model.nodes) {
    const isPrimary = node.ordinal < shards;
    node.primaryId = isPrimary ? undefined : `id-${node.ordinal % shards}`;
    node.slots = isPrimary
      ? listSlots([[node.ordinal * size, Math.min(slotCount, (node.ordinal + 1) * size) - 1]])
      : [];
    node.knows = new Set([...ids].filter((id) => id !== node.id));
    node.identity = 'identity';
  }
  model.recorded = 'identity';
  return model;
}

/** The shape that shards and replicas make. */
export function aShape(shards: number, replicasPerShard: number): Shape {
  return { shards, replicasPerShard, pods: shards * (1 + replicasPerShard) };
}

/** Everything that a test may make different from a healthy observation. */
export interface Deviations {
  readonly shape: Shape;
  /** Merged into the facts of a node, by ordinal. */
  readonly facts?: Readonly<Record<number, Partial<NodeFacts>>>;
  /** Instead of an answer, by ordinal. */
  readonly answers?: Readonly<Record<number, Answer>>;
  readonly pods?: Readonly<Record<number, Partial<RedisPod>>>;
  readonly rest?: Partial<BuiltinObserved>;
}

/** What a pass would gather from the model. */
export function observe(model: Model, deviations: Deviations): BuiltinObserved {
  const pods = model.nodes.map((node) => ({ ...podOf(node), ...deviations.pods?.[node.ordinal] }));
  const answers = new Map<string, Answer>(
    model.nodes.map((node): [string, Answer] => {
      const facts = { ...factsOf(node, model), ...deviations.facts?.[node.ordinal] };
      return [nameOf(node), deviations.answers?.[node.ordinal] ?? { state: 'up', facts }];
    }),
  );
  return {
    mode: 'Builtin',
    recorded: { identity: model.recorded, wasReady: model.recorded !== undefined },
    passwordHashes: { admin: 'admin-hash', services: 'services-hash' },
    statefulSet: { uid: 'uid', replicas: model.replicas, updateRevision: 'new' },
    pods,
    podProblem: undefined,
    claims: [],
    answers,
    topology: buildTopology(pods, answers, deviations.shape),
    ...deviations.rest,
  };
}

/** `shop-redis-0`. */
export function nameOf({ ordinal }: Pick<ModelNode, 'ordinal'>): string {
  return `shop-redis-${ordinal}`;
}

function podOf(node: ModelNode): RedisPod {
  return {
    name: nameOf(node),
    ordinal: node.ordinal,
    uid: `uid-${node.ordinal}`,
    address: addressOf(node.id),
    machine: node.machine,
    revision: node.revision,
    isReady: true,
    isDeleting: false,
  };
}

function addressOf(id: string): string {
  return `address-of-${id}`;
}

function factsOf(node: ModelNode, model: Model): NodeFacts {
  const primary = model.nodes.find(({ id }) => id === node.primaryId);
  return {
    id: node.id,
    primaryId: node.primaryId,
    slots: rangesOf(node),
    migrating: [],
    importing: [],
    view: [...node.knows].map((id) => lineOf(id, model)),
    epoch: node.ordinal + 1,
    isStateOk: true,
    keys: node.slots.length + (primary?.slots.length ?? 0),
    identity: node.identity ?? primary?.identity,
    version: '7.0.15',
    isCluster: true,
    clock: 1_000_000,
    uptimeMs: 600_000,
    replication: {
      offset: 100,
      isStreaming: true,
      source: node.primaryId === undefined ? undefined : addressOf(node.primaryId),
      followers: new Map(
        model.nodes.filter(({ primaryId }) => primaryId === node.id).map(({ id }) => [addressOf(id), 100]),
      ),
    },
    persistenceProblem: undefined,
    usedMemoryBytes: 1,
    maxMemoryBytes: 100,
    options: liveOptions(aCompleteStack()),
    users: { [servicesUser]: ['services-hash'] },
  };
}

const ranges = new WeakMap<readonly number[], readonly SlotRange[]>();

/** Every node's view repeats the ranges of all others: they are made once per list of slots. */
function rangesOf({ slots }: ModelNode): readonly SlotRange[] {
  const known = ranges.get(slots) ?? toRanges(slots);
  ranges.set(slots, known);
  return known;
}

/** A node that is not in the model is one that is gone: failed for half an hour. */
function lineOf(id: string, model: Model): ClusterLine {
  const node = model.nodes.find((one) => one.id === id);
  return {
    id,
    host: addressOf(id),
    port: 6379,
    flags: new Set(node === undefined ? ['master', 'fail'] : [node.primaryId === undefined ? 'master' : 'slave']),
    primaryId: node?.primaryId,
    lastPongAt: node === undefined ? 0 : 1_000_000,
    epoch: (node?.ordinal ?? 0) + 1,
    isLinked: node !== undefined,
    slots: node === undefined ? [] : rangesOf(node),
    migrating: [],
    importing: [],
  };
}
