import type { StackKey } from '../api/kubernetes.ts';
import type { LiveObject } from './live-object.ts';
import type { PackedObject } from './packed-object.ts';
import { RestingStack } from './resting-stack.ts';
import { compareText } from './strings.ts';
import { namespaceOfKey } from './versions.ts';

/** Which objects belong to which stack, so that a pass never looks at those of others. */
export class StackIndex {
  /** Lists instead of sets: a stack has some sixty objects, and a list takes a fifth of the memory. */
  readonly #objects = new Map<StackKey, PackedObject[] | RestingStack>();
  /** By namespace. */
  readonly #resting = new Map<string, Set<RestingStack>>();
  readonly #wake: (resting: RestingStack) => readonly PackedObject[];

  /** `wake` gives the objects of a resting stack. */
  constructor(wake: (resting: RestingStack) => readonly PackedObject[]) {
    this.#wake = wake;
  }

  /** An object came (`after` alone), went (`before` alone) or was replaced by a newer version. */
  update(before: PackedObject | undefined, after: PackedObject | undefined): void {
    if (before?.stack !== undefined && before.stack === after?.stack) {
      const objects = this.#awake(before.stack);
      objects[objects.indexOf(before)] = after;
      return;
    }
    if (before?.stack !== undefined) {
      this.#remove(before.stack, before);
    }
    if (after?.stack !== undefined) {
      const objects = this.#awake(after.stack);
      objects.push(after);
      this.#objects.set(after.stack, objects);
    }
  }

  /** Sorted by kind and name, so that what is made of it does not depend on the order of events. */
  list(stack: StackKey): readonly LiveObject[] {
    return this.#awake(stack).toSorted(byKindAndName);
  }

  /** Packs the objects of a stack, if none of them waits to be compared; gives those that rest now. */
  rest(stack: StackKey): readonly PackedObject[] {
    const objects = this.#objects.get(stack);
    if (objects === undefined || objects instanceof RestingStack || !objects.every(({ mayRest }) => mayRest)) {
      return [];
    }
    const parts = objects.map((one) => one.parts);
    const resting = new RestingStack(stack, parts);
    this.#objects.set(stack, resting);
    const inNamespace = this.#resting.get(namespaceOfKey(stack)) ?? new Set();
    this.#resting.set(namespaceOfKey(stack), inNamespace.add(resting));
    return objects;
  }

  /** Ends the rest of the stack that has this object, if one has it. */
  wake(kind: string, key: string): void {
    for (const resting of this.#resting.get(namespaceOfKey(key)) ?? []) {
      if (resting.mayHave(kind, key)) {
        this.#awake(resting.key);
      }
    }
  }

  /** Ends the rest of every stack. */
  wakeAll(): void {
    for (const resting of [...this.#resting.values()].flatMap((stacks) => [...stacks])) {
      this.#awake(resting.key);
    }
  }

  /** The list itself, to be changed; a new one when the stack has no object. */
  #awake(stack: StackKey): PackedObject[] {
    const objects = this.#objects.get(stack) ?? [];
    if (!(objects instanceof RestingStack)) {
      return objects;
    }
    this.#forget(objects);
    const awake = [...this.#wake(objects)];
    this.#objects.set(stack, awake);
    return awake;
  }

  #forget(resting: RestingStack): void {
    const namespace = namespaceOfKey(resting.key);
    const stacks = this.#resting.get(namespace);
    stacks?.delete(resting);
    if (stacks?.size === 0) {
      this.#resting.delete(namespace);
    }
  }

  #remove(stack: StackKey, object: PackedObject): void {
    const objects = this.#awake(stack);
    const index = objects.indexOf(object);
    if (index >= 0) {
      objects.splice(index, 1);
    }
    if (objects.length === 0) {
      this.#objects.delete(stack);
    }
  }
}

/** Objects of one stack are in one namespace, so their keys sort as their names. */
function byKindAndName(a: PackedObject, b: PackedObject): number {
  return compareText(a.kind, b.kind) || compareText(a.key, b.key);
}
