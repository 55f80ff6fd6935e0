/** The parts of an EcommerceStack that a person waiting for it wants to see. */
export interface StackView {
  readonly name: string;
  readonly phase: string;
  /** True when `Ready` is True for the manifest as it is now. */
  readonly isReady: boolean;
  /** A human has to do something; waiting longer does not help. */
  readonly stalled: string | undefined;
  /** One line: what is waited for now. */
  readonly waitingFor: string;
}

interface StackObject {
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly status?: {
    readonly phase?: string;
    readonly message?: string;
    readonly conditions?: readonly Condition[];
    readonly components?: readonly Component[];
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

interface Component {
  readonly name: string;
  readonly state?: string;
  readonly message?: string;
}

/** Reads a stack as kubectl prints it in JSON. */
export function viewStack(json: string): StackView {
  // `as`: the API server validated it against the schema of the resource.
  const { metadata, status = {} } = JSON.parse(json) as StackObject;
  const { phase = 'Pending', conditions = [], components = [] } = status;
  const isCurrent = (condition: Condition) => condition.observedGeneration === metadata.generation;
  const ready = conditions.find(({ type }) => type === 'Ready');
  const stalled = conditions.find((one) => one.type === 'Stalled' && one.status === 'True' && isCurrent(one));
  const hasSeen = ready !== undefined && isCurrent(ready);
  return {
    name: metadata.name,
    phase,
    isReady: hasSeen && ready.status === 'True',
    stalled: stalled === undefined ? undefined : `${stalled.reason ?? 'Stalled'}: ${stalled.message ?? ''}`,
    waitingFor: hasSeen
      ? `${phase} ${waitingText(components, status.message)}`
      : 'the operator has not seen the manifest yet',
  };
}

function waitingText(components: readonly Component[], message: string | undefined): string {
  const counted = components.filter(({ state }) => state !== 'NotImplemented');
  const waiting = counted.filter(({ state }) => state !== 'Ready');
  const count = `${counted.length - waiting.length}/${counted.length}`;
  // What waits for another part says nothing new; what works or fails does.
  const telling = waiting.filter(({ state }) => state !== 'Waiting');
  const first = telling[0] ?? waiting[0];
  return first === undefined
    ? `${count} ${message ?? ''}`.trim()
    : `${count}, ${first.name}: ${first.message ?? first.state}`;
}
