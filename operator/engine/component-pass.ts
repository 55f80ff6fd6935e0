import type { KindName } from '../api/kinds.ts';
import { type ObjectRef, refKey, refOf } from '../api/kubernetes.ts';
import type {
  AnyComponent,
  CredentialRequest,
  Desired,
  DesiredContext,
  Observation,
  Reader,
  Readiness,
  Recorded,
  SecretInput,
  SecretValues,
} from '../components/contract.ts';
import type { LiveObject } from '../kube/live-object.ts';
import { labels } from '../objects/names.ts';
import { applyObjects, applyScales } from './apply.ts';
import { ensureCredentials } from './credentials.ts';
import { recordedIdentity, recordIdentity } from './identity.ts';
import type { Pass } from './pass.ts';

/** What one component came to in this pass. */
export interface ComponentResult {
  readonly component: AnyComponent;
  readonly observation: Observation;
  /** Everything that must stay: applied, held back, or unknown because rendering failed. */
  readonly wanted: readonly ObjectRef[] | 'everything';
  /** Thrown on the way; the pass goes on with the other components and fails at its end. */
  readonly error: unknown;
}

type SecretMap = ReadonlyMap<string, SecretValues>;

/** One component through one pass: Secrets, objects, observation. Never rejects: a failure is part of the result. */
export async function runComponent(pass: Pass, component: AnyComponent): Promise<ComponentResult> {
  let wanted: ComponentResult['wanted'] = 'everything';
  try {
    const secrets = await loadSecrets(pass, component);
    if (typeof secrets === 'string') {
      return { component, observation: failed('InputSecretMissing', secrets), wanted, error: undefined };
    }
    const desired = holdPaused(pass, component.desired(pass.stack, desiredContext(pass, secrets)));
    wanted = [...desired.objects.map(refOf), ...desired.held.map(({ ref }) => ref)];
    await applyDesired(pass, desired);
    const observation = await component.observe(pass.stack, readerOf(pass, component, secrets));
    await recordIdentity(pass, component, observation.report.identity);
    return { component, observation, wanted, error: undefined };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { component, observation: failed('ApplyFailed', message), wanted, error };
  }
}

async function applyDesired(pass: Pass, desired: Desired): Promise<void> {
  if (pass.pause === 'all') {
    return;
  }
  const applied = await applyObjects(pass.ports, pass.memory, desired.objects);
  const scaled = await applyScales(pass.ports, desired.scales ?? []);
  pass.counters.applied +=
    scaled + applied.filter(({ decision }) => decision === 'create' || decision === 'change').length;
  const repaired = applied.filter(({ decision }) => decision === 'repair');
  pass.counters.repaired += repaired.length;
  for (const { object } of repaired) {
    const message = `${object.kind} ${object.metadata.name} was deleted or edited by somebody else and has been put back.`;
    pass.ports.events.emit(pass.object, { type: 'Normal', reason: 'Repaired', message });
  }
}

const workloadKinds = new Set(['Deployment', 'StatefulSet', 'Job']);

/** Under `pause: rollouts` a workload that exists keeps its template, whatever the manifest says meanwhile. */
function holdPaused(pass: Pass, desired: Desired): Desired {
  if (pass.pause !== 'rollouts') {
    return desired;
  }
  const isHeld = (ref: ObjectRef) => workloadKinds.has(ref.kind) && pass.ports.children.get(ref) !== undefined;
  const held = desired.objects
    .map(refOf)
    .filter(isHeld)
    .map((ref) => ({ ref, reason: 'PausedRollouts', message: 'Rollouts are paused by annotation.' }));
  return {
    objects: desired.objects.filter((object) => !isHeld(refOf(object))),
    held: [...desired.held, ...held],
    scales: [],
  };
}

/** Values by name, or a sentence that says which Secret or key of the user is missing. */
async function loadSecrets(pass: Pass, component: AnyComponent): Promise<SecretMap | string> {
  const secrets = new Map<string, SecretValues>();
  for (const input of component.inputs(pass.stack)) {
    const values = await pass.secrets.values(input.name);
    const complaint = complainAbout(pass, input, values);
    if (values === undefined || complaint !== undefined) {
      return complaint ?? '';
    }
    secrets.set(input.name, values);
  }
  for (const request of component.credentials(pass.stack)) {
    const values = await credentialValues(pass, component.name, request);
    if (values !== undefined) {
      secrets.set(request.name, values);
    }
  }
  return secrets;
}

function complainAbout(pass: Pass, input: SecretInput, values: SecretValues | undefined): string | undefined {
  const missing = input.keys.filter((key) => values?.[key] === undefined);
  if (values !== undefined && missing.length === 0) {
    return undefined;
  }
  const what = values === undefined ? 'does not exist' : `has no key ${missing.join(', ')}`;
  return `Secret ${input.name} of namespace ${pass.stack.namespace} ${what}; create it with the keys ${input.keys.join(', ')}.`;
}

/** Components that ask for the same Secret ask for the same keys: whoever comes first in a pass does the work. */
function credentialValues(
  pass: Pass,
  component: string,
  request: CredentialRequest,
): Promise<SecretValues | undefined> {
  const begun = pass.credentials.get(request.name);
  const values =
    begun ??
    (pass.pause === 'all'
      ? pass.secrets.values(request.name)
      : ensureCredentials(pass.ports, pass.secrets, pass.stack, { component, request }));
  pass.credentials.set(request.name, values);
  return values;
}

function desiredContext(pass: Pass, secrets: SecretMap): DesiredContext {
  return { live: (ref) => pass.ports.children.get(ref), secret: (name) => secrets.get(name) };
}

function readerOf(pass: Pass, component: AnyComponent, secrets: SecretMap): Reader {
  return {
    live: (ref) => pass.ports.children.get(ref),
    list: (kind) => listOf(pass, component.name, kind),
    secret: (name) => secrets.get(name),
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

/** The observation of a component that could not be observed. */
function failed(reason: string, message: string): Observation {
  const readiness: Readiness = { state: 'failed', reason, message, terminal: false, retryAfterMs: 15_000 };
  return { readiness, report: {}, plan: undefined };
}
