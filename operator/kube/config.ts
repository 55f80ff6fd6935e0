/** What the environment says of the way to the API server. */
export interface ConnectionEnvironment {
  /** `KUBECONFIG`, as kubectl reads it; empty when it is not set. */
  readonly kubeconfig: string;
  /** `HOME`; empty in a container whose user has none. */
  readonly home: string;
  /** `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`: the API server, as a kubelet tells every container; else empty. */
  readonly serviceHost: string;
  readonly servicePort: string;
}

/** Reads it anew: nothing of it is kept. */
export function connectionEnvironment(): ConnectionEnvironment {
  const {
    KUBECONFIG: kubeconfig = '',
    HOME: home = '',
    KUBERNETES_SERVICE_HOST: serviceHost = '',
    KUBERNETES_SERVICE_PORT: servicePort = '',
  } = process.env;
  return { kubeconfig, home, serviceHost, servicePort };
}
