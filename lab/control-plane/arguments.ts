import { join } from 'node:path';

/** Addresses of pods; each node has a /24 of it. */
export const podRange = '10.244.0.0/16';
/** Addresses of Services. */
export const serviceRange = '10.96.0.0/16';

/**
 * Etcd and the API server talk over Unix sockets in their working directory, so that they need no port: the form
 * `unix://name:number` is the one that both accept, and `name:number` is then the name of the socket's file.
 */
const etcdClientUrl = 'unix://etcd:1';
const etcdPeerUrl = 'unix://etcd:2';

/** Arguments of etcd; it must run in the directory where its sockets and the API server are. */
export function etcdArguments(directory: string): readonly string[] {
  return [
    '--name=lab',
    `--data-dir=${join(directory, 'etcd-data')}`,
    `--listen-client-urls=${etcdClientUrl}`,
    `--advertise-client-urls=${etcdClientUrl}`,
    `--listen-peer-urls=${etcdPeerUrl}`,
    `--initial-advertise-peer-urls=${etcdPeerUrl}`,
    `--initial-cluster=lab=${etcdPeerUrl}`,
    // The data lives as long as the lab: surviving a power cut is not worth a wait for the disk at each write.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/** What differs between the API server of a test and the one of a whole lab. */
export interface ApiServerSettings {
  readonly credentialsDirectory: string;
  readonly port: number;
  readonly bindAddress: string;
  /** Added last, so that they win over the defaults. */
  readonly extra?: readonly string[];
}

/** Arguments of kube-apiserver; it must run in the directory where etcd's sockets are. */
export function apiServerArguments(settings: ApiServerSettings): readonly string[] {
  const file = (name: string) => join(settings.credentialsDirectory, name);
  return [
    `--etcd-servers=${etcdClientUrl}`,
    `--bind-address=${settings.bindAddress}`,
    `--secure-port=${settings.port}`,
    `--tls-cert-file=${file('apiserver.crt')}`,
    `--tls-private-key-file=${file('apiserver.key')}`,
    `--client-ca-file=${file('ca.crt')}`,
    `--service-cluster-ip-range=${serviceRange}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${file('sa.pub')}`,
    `--service-account-signing-key-file=${file('sa.key')}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    `--kubelet-client-certificate=${file('kubelet-client.crt')}`,
    `--kubelet-client-key=${file('kubelet-client.key')}`,
    `--kubelet-certificate-authority=${file('ca.crt')}`,
    // Names of nodes do not resolve on this machine.
    '--kubelet-preferred-address-types=InternalIP',
    `--requestheader-client-ca-file=${file('ca.crt')}`,
    '--requestheader-allowed-names=system:auth-proxy',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${file('front-proxy.crt')}`,
    `--proxy-client-key-file=${file('front-proxy.key')}`,
    '--enable-aggregator-routing=true',
    '--profiling=false',
    ...(settings.extra ?? []),
  ];
}

/** Arguments of kube-controller-manager: one instance, and quick autoscaling so that tests need not wait for minutes. */
export function controllerManagerArguments(credentialsDirectory: string): readonly string[] {
  const file = (name: string) => join(credentialsDirectory, name);
  const kubeconfig = file('kube-controller-manager.kubeconfig');
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--use-service-account-credentials',
    `--service-account-private-key-file=${file('sa.key')}`,
    `--root-ca-file=${file('ca.crt')}`,
    `--cluster-signing-cert-file=${file('ca.crt')}`,
    `--cluster-signing-key-file=${file('ca.key')}`,
    '--leader-elect=false',
    '--secure-port=0',
    `--cluster-cidr=${podRange}`,
    '--allocate-node-cidrs=true',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    '--node-monitor-grace-period=20s',
    '--horizontal-pod-autoscaler-sync-period=5s',
    '--horizontal-pod-autoscaler-cpu-initialization-period=10s',
    '--horizontal-pod-autoscaler-initial-readiness-delay=5s',
    '--profiling=false',
  ];
}

/** Arguments of kube-scheduler: one instance that opens no port. */
export function schedulerArguments(credentialsDirectory: string): readonly string[] {
  const kubeconfig = join(credentialsDirectory, 'kube-scheduler.kubeconfig');
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    '--profiling=false',
  ];
}
