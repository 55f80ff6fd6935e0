import type { Kind, KindName } from '../api/kinds.ts';
import type { JsonObject, KubernetesObject, ObjectRef, PolicyRule } from '../api/kubernetes.ts';
import type { CompleteStack } from '../api/v1beta1/complete-stack.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { LiveObject } from '../kube/live-object.ts';

/**
 * The contract between the engine and a component: the only thing either knows of the other.
 *
 * One pass, per component and in dependency order: `credentials` and `inputs` are loaded, `desired` is rendered and what
 * differs is applied, objects no longer wanted are pruned, `gather` observes, `readiness` judges, and at most one
 * action is executed. Everything but `gather` and `execute` is pure.
 */
export interface Component<Observed> {
  /** Unique, kebab-case; prefix of the component's objects and value of its label. */
  readonly name: string;
  /** Type of its condition in the stack's status, e.g. `PostgresReady`. Components may share one (services do). */
  readonly conditionType: string;
  /** Names of components whose readiness this one needs to become ready; their Secrets are applied before its objects. */
  readonly dependsOn: readonly string[];
  /** Every kind that it creates or reads through the cache. */
  readonly kinds: readonly Kind[];
  /** What the operator must be allowed to do for it; the chart's RBAC is generated from this. */
  readonly permissions: readonly PolicyRule[];
  isEnabled(stack: CompleteStack): boolean;
  /** Secrets that the engine creates once with random values and never overwrites. */
  credentials(stack: CompleteStack): readonly CredentialRequest[];
  /** Secrets of the user that must exist (External modes). */
  inputs(stack: CompleteStack): readonly SecretInput[];
  desired(stack: CompleteStack, context: DesiredContext): Desired;
  gather(stack: CompleteStack, reader: Reader): Promise<Observed>;
  readiness(observed: Observed, stack: CompleteStack): Readiness;
  report(observed: Observed, stack: CompleteStack): Report;
  readonly actions: readonly Action<Observed>[];
  /** Objects that its servers made themselves, which must go with the data; they bear no label of ours. */
  leftovers?(stack: CompleteStack): readonly ObjectRef[];
}

/** A Secret with generated values: kept when the stack is deleted under `Retain`, adopted by its successor. */
export interface CredentialRequest {
  readonly name: string;
  readonly keys: Readonly<Record<string, CredentialKey>>;
}

export type CredentialKey =
  /** `length` characters of [A-Za-z0-9]: safe in URLs, SQL and config files. */
  | { readonly kind: 'password'; readonly length: number }
  /** PKCS #8 PEM of a new RSA key. */
  | { readonly kind: 'rsaPrivateKey'; readonly bits: number }
  /** 16 random bytes in 22 characters of base64url, as Kafka writes the ids of clusters. */
  | { readonly kind: 'uuid' };

export interface SecretInput {
  readonly name: string;
  readonly keys: readonly string[];
}

/** Decoded values of a Secret. */
export type SecretValues = Readonly<Record<string, string>>;

export interface DesiredContext {
  /** The live object as the cache has it, including what this pass applied already. */
  live(ref: ObjectRef): LiveObject | undefined;
  /** Values of a credential or input Secret that this component asked for. */
  secret(name: string): SecretValues | undefined;
}

export interface Desired {
  readonly objects: readonly KubernetesObject[];
  /** Objects that must stay as they are for now: neither applied nor pruned. */
  readonly held: readonly Held[];
  /**
   * Replica counts that we set while no autoscaler does. A second field manager owns them, so that taking them away
   * from the template's manager never resets a count (server-side apply would default it to 1).
   */
  readonly scales?: readonly Scale[];
}

export interface Scale {
  readonly ref: ObjectRef;
  readonly replicas: number;
}

export interface Held {
  readonly ref: ObjectRef;
  /** CamelCase, e.g. `WaitingForMigration`. */
  readonly reason: string;
  readonly message: string;
}

/** What `gather` may read: the caches, the Secrets, and (with its own clients) the component's servers. */
export interface Reader {
  live(ref: ObjectRef): LiveObject | undefined;
  /** This component's live objects of one kind, sorted by name. */
  list(kind: KindName): readonly LiveObject[];
  secret(name: string): SecretValues | undefined;
  /** What of this component's objects stays as it is in this pass, and why. */
  readonly held: readonly Held[];
  /** What the last status said of this component. */
  readonly recorded: Recorded;
  /** Aborted when the pass runs out of time; every request must honour it. */
  readonly signal: AbortSignal;
}

export interface Recorded {
  /** Identity of the data (system identifier, cluster id) learned at its first start. */
  readonly identity: string | undefined;
  readonly wasReady: boolean;
}

/** Reasons are CamelCase and stable; messages are sentences that end with what to do, where there is something to do. */
export type Readiness =
  | {
      readonly state: 'ready';
      readonly message: string;
      /** When to look again at what sends no events (a server's own state), milliseconds; costs no write. */
      readonly retryAfterMs?: number;
    }
  | {
      readonly state: 'progressing';
      readonly reason: string;
      readonly message: string;
      /** When to look again if no event comes, milliseconds. */
      readonly retryAfterMs: number;
    }
  | {
      readonly state: 'failed';
      readonly reason: string;
      readonly message: string;
      /** `true`: only a human can go on (the stack is `Stalled`). */
      readonly terminal: boolean;
      readonly retryAfterMs: number;
    };

/** How often a server that is in order is asked whether it still is, milliseconds: its faults send no events. */
export const watchIntervalMs = 20_000;

/** What the status says of a component beside its readiness. */
export interface Report {
  /** Version of the running server, when known. */
  readonly version?: string;
  /** Recorded once and never changed; a mismatch is the component's own `failed` readiness. */
  readonly identity?: string;
  /** One plain sentence on what this configuration does and does not survive. */
  readonly guarantee?: string;
  /** Where it can be reached inside the cluster, for `status.endpoints`. */
  readonly endpoint?: string;
  /** Things that work but that a careful operator would change. */
  readonly warnings?: readonly Warning[];
}

export interface Warning {
  readonly reason: string;
  readonly message: string;
}

/** A procedure of day 2: planned purely from what was observed, executed one idempotent step at a time. */
export interface Action<Observed> {
  /** CamelCase; `kind` of the operation in the status, e.g. `RollingRestart`. */
  readonly name: string;
  plan(observed: Observed, stack: CompleteStack): Plan;
  execute(step: Step, ports: ActionPorts): Promise<void>;
}

export type Plan =
  | { readonly kind: 'none' }
  | { readonly kind: 'step'; readonly step: Step }
  /** Wanted but not safe now; `blockedBy` is the name of the predicate that says no. */
  | { readonly kind: 'blocked'; readonly blockedBy: string; readonly message: string; readonly target?: string };

export interface Step {
  /** CamelCase verb phrase, e.g. `RestartReplica`. */
  readonly name: string;
  readonly message: string;
  /** The pod or object that it works on. */
  readonly target?: string;
  /** Takes capacity away: the engine allows one such step per stack and pass. */
  readonly disruptive: boolean;
  /** What `execute` needs, as data. */
  readonly details: JsonObject;
}

export interface ActionPorts {
  readonly kube: KubeClient;
  readonly stack: CompleteStack;
  secret(name: string): SecretValues | undefined;
  readonly signal: AbortSignal;
}

/** A component whose `Observed` is its own business: what the registry holds. */
export interface AnyComponent extends Omit<Component<unknown>, 'gather' | 'readiness' | 'report' | 'actions'> {
  observe(stack: CompleteStack, reader: Reader): Promise<Observation>;
}

/** One component as gathered in this pass. */
export interface Observation {
  readonly readiness: Readiness;
  readonly report: Report;
  /** The first action that wants something, in the order of `actions`. */
  readonly plan: PlannedAction | undefined;
}

export interface PlannedAction {
  readonly action: string;
  readonly plan: Exclude<Plan, { kind: 'none' }>;
  execute(step: Step, ports: ActionPorts): Promise<void>;
}

/** Closes over `Observed`, so that the engine can hold components of every kind in one array. */
export function defineComponent<Observed>(component: Component<Observed>): AnyComponent {
  const { gather, readiness, report, actions, ...rest } = component;
  return {
    ...rest,
    async observe(stack, reader) {
      const observed = await gather.call(component, stack, reader);
      return {
        readiness: readiness.call(component, observed, stack),
        report: report.call(component, observed, stack),
        plan: firstPlan(actions, observed, stack),
      };
    },
  };
}

function firstPlan<Observed>(
  actions: readonly Action<Observed>[],
  observed: Observed,
  stack: CompleteStack,
): PlannedAction | undefined {
  for (const action of actions) {
    const plan = action.plan(observed, stack);
    if (plan.kind !== 'none') {
      return { action: action.name, plan, execute: (step, ports) => action.execute(step, ports) };
    }
  }
  return undefined;
}
