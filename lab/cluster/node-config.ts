import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { podRange } from '../control-plane/arguments.ts';
import { dnsAddress, nodeAddress } from './addresses.ts';
import type { Daemon } from './inside.ts';
import type { LabPaths } from './lab-paths.ts';
import { systemImageNames } from './system-images.ts';

/** The name of the lab's node. */
export const nodeName = 'node1';

const containerdSocket = '/run/containerd/containerd.sock';
/** Of `podRange`: the controller manager gives the first node the first /24. */
const nodePodRange = '10.244.0.0/24';

/** What the files of a node depend on. */
export interface NodeSettings {
  readonly paths: LabPaths;
  /** Where kubelet and kube-proxy are. */
  readonly programs: string;
  /** Where the network plugins are. */
  readonly cniDirectory: string;
  /** containerd's way to stack layers: `overlayfs`, or `native` (copies) where overlays do not work. */
  readonly snapshotter: 'overlayfs' | 'native';
}

/** Writes the configuration of containerd, kubelet, kube-proxy and the pod network, where it is not there yet. */
export async function writeNodeConfig(settings: NodeSettings): Promise<void> {
  const { node } = settings.paths;
  await mkdir(join(node, 'cni'), { recursive: true });
  await Promise.all([
    keepFile(join(node, 'containerd.toml'), containerdConfig(settings)),
    keepFile(join(node, 'cni', '10-lab.conflist'), JSON.stringify(podNetwork, undefined, 2)),
    keepFile(join(node, 'kubelet.json'), JSON.stringify(kubeletConfig(settings.paths), undefined, 2)),
    keepFile(join(node, 'kube-proxy.json'), JSON.stringify(proxyConfig(settings.paths), undefined, 2)),
    // Pods with dnsPolicy Default must not learn this machine's name servers.
    keepFile(join(node, 'resolv.empty'), ''),
    // For programs of this machine that run in the lab's network.
    keepFile(
      join(node, 'resolv.conf'),
      `nameserver ${dnsAddress}\nsearch svc.cluster.local cluster.local\noptions ndots:5\n`,
    ),
  ]);
}

/** kube-proxy ends when its file is written, also with what is in it already: one that has just started would be gone unnoticed. */
async function keepFile(path: string, content: string): Promise<void> {
  const present = await readFile(path, 'utf8').catch(() => undefined);
  if (present !== content) {
    await writeFile(path, content);
  }
}

/** The container runtime of a node. */
export function containerdDaemon({ paths }: NodeSettings): Daemon {
  return { name: 'containerd', argv: ['containerd', '--config', join(paths.node, 'containerd.toml')] };
}

/** The programs of a node that need the API server. */
export function nodeDaemons({ paths, programs }: NodeSettings): readonly Daemon[] {
  return [
    {
      name: 'kubelet',
      argv: [
        join(programs, 'kubelet'),
        `--config=${join(paths.node, 'kubelet.json')}`,
        `--kubeconfig=${join(paths.credentials, `${nodeName}.kubeconfig`)}`,
        `--hostname-override=${nodeName}`,
        `--node-ip=${nodeAddress}`,
        `--cert-dir=${join(paths.node, 'certificates')}`,
      ],
    },
    {
      name: 'kube-proxy',
      argv: [join(programs, 'kube-proxy'), `--config=${join(paths.node, 'kube-proxy.json')}`],
    },
  ];
}

function containerdConfig({ cniDirectory, paths, snapshotter }: NodeSettings): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
temp = "${paths.temporary}"
# The restart manager, tracing and the old CRI of Docker have nothing to do here.
disabled_plugins = ["io.containerd.internal.v1.restart", "io.containerd.internal.v1.tracing"]
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "/run/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${systemImageNames.pause}"
  restrict_oom_score_adj = true
  tolerate_missing_hugetlb_controller = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniDirectory}"
    conf_dir = "${join(paths.node, 'cni')}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "${snapshotter}"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

const podNetwork = {
  cniVersion: '1.0.0',
  name: 'lab',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipMasq: false,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: nodePodRange }]],
        routes: [{ dst: '0.0.0.0/0' }],
        dataDir: '/run/cni',
      },
    },
  ],
};

function kubeletConfig({ cgroup, credentials, node }: LabPaths) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    clusterDNS: [dnsAddress],
    clusterDomain: 'cluster.local',
    resolvConf: join(node, 'resolv.empty'),
    failSwapOn: false,
    // Images come by import only: one that was collected could not be had again.
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1Gi',
      'imagefs.available': '1Gi',
      'nodefs.inodesFree': '1%',
    },
    systemReserved: { cpu: '100m', memory: '1Gi' },
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(credentials, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(credentials, `${nodeName}.crt`),
    tlsPrivateKeyFile: join(credentials, `${nodeName}.key`),
    nodeStatusUpdateFrequency: '4s',
    shutdownGracePeriod: '0s',
    maxPods: 200,
    serializeImagePulls: false,
    volumePluginDir: join(node, 'volume-plugins'),
    staticPodPath: '',
  };
}

function proxyConfig({ credentials }: LabPaths) {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clusterCIDR: podRange,
    hostnameOverride: nodeName,
    clientConnection: { kubeconfig: join(credentials, 'kube-proxy.kubeconfig') },
    // 0 leaves the machine's limits as they are.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}
