import type { SecretValues } from '../components/contract.ts';
import { PackableMap } from './packable-map.ts';

/**
 * What the engine remembers of a stack between passes. All of it can be lost: a restarted operator learns it again
 * from the cluster without a write.
 */
export interface StackMemory {
  /** By object: the hash of our owned fields as the server answered our last apply. */
  readonly expected: PackableMap<{ readonly uid: string; readonly ownedHash: string }>;
  /** By name: decoded Secret values and the version they were read at. */
  readonly secrets: PackableMap<RememberedSecret>;
  /** Objects that we deleted and the caches may still show: no disruptive step until they are seen to go. */
  readonly deletions: Map<string, string>;
  /** By component: a step that takes longer than a pass waits for it. */
  readonly runningSteps: Map<string, { readonly disruptive: boolean }>;
  /** What such steps failed with since the last pass, which tells of it. */
  readonly failedSteps: { readonly component: string; readonly error: unknown }[];
  /** By step: what the API server refused for good, and until when it is not asked again. */
  readonly refusedSteps: Map<string, { readonly message: string; readonly untilMs: number }>;
  /** By component: the failure that was announced last, until it is ready again; a flapping pod is one Event. */
  readonly announcedFailures: Map<string, string>;
  /** Violations of the last pass in one text, to send an Event only when they change. */
  lastViolations: string;
  /** The version of the stack that was found to break no rule. */
  validVersion: string | undefined;
}

/** A type and no interface, so that it counts as plain JSON. */
export type RememberedSecret = {
  /** uid and resourceVersion of a managed Secret, or a time for one that is not in the caches. */
  readonly version: string;
  readonly readAtMs: number;
  readonly values: SecretValues;
};

/** Memory of a stack never seen before. */
export function emptyMemory(): StackMemory {
  return {
    expected: new PackableMap(),
    secrets: new PackableMap(),
    deletions: new Map(),
    runningSteps: new Map(),
    failedSteps: [],
    refusedSteps: new Map(),
    announcedFailures: new Map(),
    lastViolations: '',
    validVersion: undefined,
  };
}

/** Packs what is large, until somebody asks for it. */
export function rest(memory: StackMemory): void {
  memory.expected.rest();
  memory.secrets.rest();
}
