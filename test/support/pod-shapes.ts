/** The parts of a pod that this node reads. */
export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly serviceAccountName: string;
    readonly terminationGracePeriodSeconds: number;
    readonly securityContext: { readonly runAsUser: number };
    readonly containers: readonly Container[];
    readonly volumes: readonly Volume[];
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly env: readonly EnvironmentVariable[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe & { readonly terminationGracePeriodSeconds: number };
}

export interface Probe {
  readonly httpGet: { readonly path: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
  readonly timeoutSeconds: number;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
  };
}

export interface Volume {
  readonly name: string;
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly configMap?: { readonly name: string };
  /** The service-account token that the API server adds. */
  readonly projected?: object;
}

/** The parts of a volume claim that the node reads. */
export interface Claim {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: {
    readonly volumeName?: string;
    readonly storageClassName?: string;
    readonly resources: { readonly requests: Readonly<Record<string, string>> };
  };
}

/** Whether the API server has it as ready. */
export function isReportedReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}

/** One entry of the list that a kubelet writes; `rest` is what differs. */
export function containerStatus(
  container: Container | undefined,
  rest: Record<string, unknown>,
): Record<string, unknown> {
  return { name: container?.name, image: container?.image, imageID: '', started: true, ...rest };
}
