/** A port of this machine that leads to a NodePort of the kind node. */
export interface PortMapping {
  readonly hostPort: number;
  readonly nodePort: number;
}

/** NodePorts that a kind cluster reserves for publishing Services; the ports of this machine are chosen when it is made. */
export const publishedNodePorts = [30_080, 30_081, 30_082] as const;

/**
 * Configuration of the kind cluster: one node is enough for a shop and for two cores. kubelet refuses the old cgroup
 * version by default since Kubernetes 1.35; many machines still have it.
 */
export function kindConfig(mappings: readonly PortMapping[]): object {
  const kubelet = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', failCgroupV1: false };
  return {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    nodes: [
      {
        role: 'control-plane',
        extraPortMappings: mappings.map(({ hostPort, nodePort }) => ({
          listenAddress: '127.0.0.1',
          hostPort,
          containerPort: nodePort,
          protocol: 'TCP',
        })),
        kubeadmConfigPatches: [JSON.stringify(kubelet)],
      },
    ],
  };
}

/** A Service beside the given one that opens one NodePort to the same pods; the given one stays as its owner made it. */
export function nodePortService(
  service: { readonly namespace: string; readonly name: string; readonly port: number },
  live: LiveService,
  nodePort: number,
): object {
  const port = live.spec.ports.find((one) => one.port === service.port);
  if (port === undefined) {
    const ports = live.spec.ports.map((one) => one.port).join(', ');
    throw new Error(`Service ${service.namespace}/${service.name} has no port ${service.port}; it has ${ports}`);
  }
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `published-${nodePort}`, namespace: service.namespace },
    spec: {
      type: 'NodePort',
      selector: live.spec.selector,
      ports: [{ port: service.port, targetPort: port.targetPort ?? port.port, nodePort }],
    },
  };
}

/** The fields of a Service that {@link nodePortService} copies. */
export interface LiveService {
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly port: number; readonly targetPort?: number | string }[];
  };
}
