import type { Step } from '../../contract.ts';
import { listSlots, type SlotRange } from '../slots.ts';
import { emptyNode, type Model, type ModelNode } from './model.ts';

/** What the steps of formation, repair and scaling would do to the servers, done to a model. Throws on what Redis refuses. */
export function applyStep(model: Model, step: Step): void {
  const apply = effects[step.name];
  if (apply === undefined) {
    throw new Error(`the model knows no step ${step.name}`);
  }
  apply(model, step.details);
}

type Details = Step['details'];
type NodeDetail = { readonly id: string };

const effects: Readonly<Record<string, (model: Model, details: Details) => void>> = {
  CreateCluster: form,
  AssignSlots: form,
  MeetNodes: (model, details) => {
    for (const { from, to } of read<readonly { from: NodeDetail; to: NodeDetail }[]>(details, 'meetings')) {
      join(model, [from.id, to.id]);
    }
  },
  MarkNodes: (model, details) => {
    for (const { id } of read<readonly NodeDetail[]>(details, 'nodes')) {
      find(model, id).identity = read<string>(details, 'identity');
    }
  },
  ForgetNodes: (model, details) => forget(model, read<readonly string[]>(details, 'ids')),
  AttachReplicas: (model, details) => {
    for (const { node, primaryId } of read<readonly { node: NodeDetail; primaryId: string }[]>(details, 'pairs')) {
      attach(model, find(model, node.id), primaryId);
    }
  },
  FreeReplica: (model, details) => detach(model, [read<NodeDetail>(details, 'node').id]),
  MoveSlots: (model, details) => {
    type Transfer = { from: NodeDetail; to: NodeDetail; slots: readonly number[] };
    for (const { from, to, slots } of read<readonly Transfer[]>(details, 'transfers')) {
      move(find(model, from.id), find(model, to.id), slots);
    }
  },
  SwitchPrimary: (model, details) => takeOver(model, find(model, read<NodeDetail>(details, 'replica').id)),
  DetachNodes: (model, details) =>
    detach(
      model,
      read<readonly NodeDetail[]>(details, 'nodes').map(({ id }) => id),
    ),
  RemovePods: (model, details) => {
    model.replicas = read<number>(details, 'replicas');
    const going = model.nodes.filter(({ ordinal }) => ordinal >= model.replicas);
    if (going.some(({ slots, knows }) => slots.length > 0 || knows.size > 0)) {
      throw new Error('a pod that is part of the cluster was removed');
    }
    model.nodes = model.nodes.filter(({ ordinal }) => ordinal < model.replicas);
  },
};

function form(model: Model, details: Details): void {
  type NewPrimary = { node: NodeDetail; slots: readonly SlotRange[] };
  for (const { node, slots } of read<readonly NewPrimary[]>(details, 'primaries')) {
    const primary = find(model, node.id);
    primary.identity = read<string>(details, 'identity');
    primary.slots = [...primary.slots, ...listSlots(slots)].toSorted((a, b) => a - b);
  }
  join(
    model,
    read<readonly NodeDetail[]>(details, 'nodes').map(({ id }) => id),
  );
}

/** Everybody that these know knows each other in the end. */
function join(model: Model, ids: readonly string[]): void {
  const group = new Set(ids.flatMap((id) => [id, ...find(model, id).knows]));
  for (const node of model.nodes.filter(({ id }) => group.has(id))) {
    node.knows = new Set([...group].filter((id) => id !== node.id));
  }
}

function attach(model: Model, node: ModelNode, primaryId: string): void {
  if (node.slots.length > 0 || !node.knows.has(primaryId) || find(model, primaryId).primaryId !== undefined) {
    throw new Error(`Redis refuses: ${node.id} cannot replicate ${primaryId}`);
  }
  node.primaryId = primaryId;
}

function move(from: ModelNode, to: ModelNode, slots: readonly number[]): void {
  const moving = new Set(slots);
  const owned = new Set(from.slots);
  if (to.primaryId !== undefined || !slots.every((slot) => owned.has(slot)) || to.identity === undefined) {
    throw new Error(`Redis refuses: slots of ${from.id} cannot move to ${to.id}`);
  }
  from.slots = from.slots.filter((slot) => !moving.has(slot));
  to.slots = [...to.slots, ...slots].toSorted((a, b) => a - b);
}

function takeOver(model: Model, replica: ModelNode): void {
  const before = find(model, replica.primaryId ?? '');
  replica.slots = before.slots;
  replica.identity = before.identity;
  replica.primaryId = undefined;
  before.slots = [];
  for (const node of model.nodes.filter((one) => one === before || one.primaryId === before.id)) {
    node.primaryId = replica.id;
  }
}

function detach(model: Model, ids: readonly string[]): void {
  forget(model, ids);
  model.nodes = model.nodes.map((node) => {
    if (!ids.includes(node.id)) {
      return node;
    }
    if (node.slots.length > 0) {
      throw new Error(`${node.id} was reset although it owns slots`);
    }
    return { ...emptyNode(node.ordinal, `${node.id}'`), machine: node.machine };
  });
}

function forget(model: Model, ids: readonly string[]): void {
  for (const node of model.nodes) {
    node.knows = new Set([...node.knows].filter((id) => !ids.includes(id)));
  }
}

function find(model: Model, id: string): ModelNode {
  const node = model.nodes.find((one) => one.id === id);
  if (node === undefined) {
    throw new Error(`the model has no node ${id}`);
  }
  return node;
}

function read<T>(details: Details, field: string): T {
  // The model reads what the plan beside wrote.
  return details[field] as T;
}
