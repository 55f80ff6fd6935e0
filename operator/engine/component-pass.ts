import type { KindName } from '../api/kinds.ts';
import { type ObjectRef, refKey, refOf } from '../api/kubernetes.ts';
import type {
  AnyComponent,
  DesiredContext,
  Held,
  Observation,
  Reader,
  Readiness,
  Recorded,
} from '../components/contract.ts';
import type { LiveObject } from '../kube/live-object.ts';
import { labels } from '../objects/names.ts';
import { type AppliedObject, type Applying, beginApply } from './apply.ts';
import { loadSecrets, type SecretMap } from './component-secrets.ts';
import { recordedIdentity, recordIdentity } from './identity.ts';
import { findPartError } from './part-error.ts';
import type { Pass } from './pass.ts';
import { release } from './pause.ts';

/** One component whose connections have been applied, while the rest of its objects is on the way. */
export interface AppliedComponent {
  readonly component: AnyComponent;
  /** Everything that must stay: applied, held back, or unknown because rendering failed. */
  readonly wanted: readonly ObjectRef[] | 'everything';
  /** Changes that the pause keeps back. */
  readonly pending: number;
  readonly held: readonly Held[];
  readonly secrets: SecretMap;
  /** Writes that no other component waits for; rejects with what failed of them. */
  readonly followers: Promise<void>;
  /** Set when it cannot be observed in this pass. */
  readonly failure: Observation | undefined;
  /** Thrown on the way; the pass goes on with the other components and fails at its end. */
  readonly error: unknown;
}

/** What one component came to in this pass. */
export interface ComponentResult extends Omit<AppliedComponent, 'failure' | 'followers' | 'held' | 'secrets'> {
  readonly observation: Observation;
}

/** A component and its Secrets, which are asked for before its turn has come. */
export interface PreparedComponent {
  readonly component: AnyComponent;
  readonly secrets: Promise<SecretMap | string>;
}

/** Begins to read and make the Secrets of a component. */
export function prepareComponent(pass: Pass, component: AnyComponent): PreparedComponent {
  const secrets = loadSecrets(pass, component);
  // Who applies the component learns of it.
  secrets.catch(() => undefined);
  return { component, secrets };
}

/** Begins with the objects of one component; resolves when others may look at it. Never rejects: a failure is part of the result. */
export async function applyComponent(pass: Pass, prepared: PreparedComponent): Promise<AppliedComponent> {
  const { component } = prepared;
  const base = { component, pending: 0, held: [], secrets: new Map(), failure: undefined, error: undefined };
  let wanted: AppliedComponent['wanted'] = 'everything';
  let followers: Promise<void> = Promise.resolve();
  try {
    const secrets = await prepared.secrets;
    if (typeof secrets === 'string') {
      return { ...base, wanted, followers, failure: failed('InputSecretMissing', secrets) };
    }
    const { desired, pending } = release(pass, component, component.desired(pass.stack, contextOf(pass, secrets)));
    wanted = [...desired.objects.map(refOf), ...desired.held.map(({ ref }) => ref)];
    const applying = beginApply(pass.ports, pass.memory, desired);
    followers = countFollowers(pass, applying);
    // Whoever observes the component learns of it.
    followers.catch(() => undefined);
    countApplied(pass, await applying.secrets);
    return { ...base, wanted, followers, pending, held: desired.held, secrets };
  } catch (error) {
    return { ...base, wanted, followers, ...failureOf(error) };
  }
}

/** Asks the servers of one component when all its objects have been applied. Never rejects. */
export async function observeComponent(pass: Pass, applied: AppliedComponent): Promise<ComponentResult> {
  const { failure, secrets, held, followers, ...rest } = applied;
  if (failure !== undefined) {
    await Promise.allSettled([followers]);
    return { ...rest, observation: failure };
  }
  try {
    await followers;
    const { component } = applied;
    const observation = await component.observe(pass.stack, readerOf(pass, component, { secrets, held }));
    await recordIdentity(pass, component, observation.report.identity);
    return { ...rest, observation };
  } catch (error) {
    const { failure: observation, error: thrown } = failureOf(error);
    return { ...rest, observation, error: thrown };
  }
}

async function countFollowers(pass: Pass, applying: Applying): Promise<void> {
  const { objects, scaled } = await applying.followers;
  pass.counters.applied += scaled;
  countApplied(pass, objects);
}

function countApplied(pass: Pass, applied: readonly AppliedObject[]): void {
  pass.counters.applied += applied.filter(({ decision }) => decision === 'create' || decision === 'change').length;
  const repaired = applied.filter(({ decision }) => decision === 'repair');
  pass.counters.repaired += repaired.length;
  for (const { object } of repaired) {
    const message = `${object.kind} ${object.metadata.name} was deleted or edited by somebody else and has been put back.`;
    pass.ports.events.emit(pass.object, { type: 'Normal', reason: 'Repaired', message });
  }
}

function contextOf(pass: Pass, secrets: SecretMap): DesiredContext {
  return { live: (ref) => pass.ports.children.get(ref), secret: (name) => secrets.get(name) };
}

function readerOf(
  pass: Pass,
  component: AnyComponent,
  { secrets, held }: Pick<AppliedComponent, 'secrets' | 'held'>,
): Reader {
  return {
    live: (ref) => pass.ports.children.get(ref),
    list: (kind) => listOf(pass, component.name, kind),
    secret: (name) => secrets.get(name),
    held,
    recorded: recordedOf(pass, component),
    signal: pass.signal,
  };
}

function listOf(pass: Pass, component: string, kind: KindName): readonly LiveObject[] {
  return pass.ports.children
    .listByStack(pass.stack.namespace, pass.stack.name)
    .filter((live) => live.ref.kind === kind && live.labels[labels.component] === component)
    .toSorted((a, b) => (refKey(a.ref) < refKey(b.ref) ? -1 : 1));
}

function recordedOf(pass: Pass, component: AnyComponent): Recorded {
  const status = pass.previous.components?.find(({ name }) => name === component.name);
  return { identity: recordedIdentity(pass, component), wasReady: status?.initialized === true };
}

/** What only a person can decide is a state of the part; everything else is an error of the pass as well. */
function failureOf(error: unknown): { readonly failure: Observation; readonly error: unknown } {
  const refusal = findPartError(error);
  if (refusal !== undefined) {
    return { failure: failed(refusal.reason, refusal.message, true), error: undefined };
  }
  return { failure: failed('ApplyFailed', error instanceof Error ? error.message : String(error)), error };
}

/** The observation of a component that could not be observed. */
function failed(reason: string, message: string, terminal = false): Observation {
  const readiness: Readiness = { state: 'failed', reason, message, terminal, retryAfterMs: 15_000 };
  return { readiness, report: {}, plan: undefined };
}
