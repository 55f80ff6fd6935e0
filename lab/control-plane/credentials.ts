import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, createAuthority, createSigningKey, type KeyPair } from '../pki/authority.ts';
import { kubeconfigFor } from './kubeconfig.ts';

/** Who may do what is decided by the certificate's name: these are the users that Kubernetes' own roles are bound to. */
const users = {
  admin: { commonName: 'admin', organizations: ['system:masters'] },
  'kube-controller-manager': { commonName: 'system:kube-controller-manager' },
  'kube-scheduler': { commonName: 'system:kube-scheduler' },
  'kube-proxy': { commonName: 'system:kube-proxy' },
} as const;

const clients = {
  /** The API server towards kubelets. */
  'kubelet-client': { commonName: 'kube-apiserver' },
  /** The API server towards extension servers such as metrics-server. */
  'front-proxy': { commonName: 'system:auth-proxy' },
} as const;

/** The first address of the Service range: the API server as pods see it. */
const kubernetesServiceAddress = '10.96.0.1';

const apiServerNames = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
  '127.0.0.1',
  kubernetesServiceAddress,
];

/** What the credentials of one cluster are made for. */
export interface CredentialsRequest {
  /** Where the files go; made when missing. */
  readonly directory: string;
  /** How programs of this machine reach the API server. */
  readonly serverUrl: string;
  /** Addresses of the API server besides loopback. */
  readonly addresses?: readonly string[];
  /** Nodes with the address of each: they get the certificate that serves the kubelet and a kubeconfig. */
  readonly nodes?: Readonly<Record<string, string>>;
}

/** A user of the cluster and its groups. */
export interface ClusterUser {
  readonly name: string;
  readonly groups?: readonly string[];
}

/** The certificates, keys and kubeconfigs of one cluster, all in one directory. */
export interface Credentials {
  readonly directory: string;
  readonly adminKubeconfigPath: string;
  readonly admin: KeyPair;
  readonly authorityCertificate: string;
  /** Writes a kubeconfig for a user of these groups, for tests of access rights, and gives its path. */
  createKubeconfig(user: ClusterUser): Promise<string>;
}

/** Makes everything that the programs of a cluster need to trust each other; some milliseconds. */
export async function createCredentials(request: CredentialsRequest): Promise<Credentials> {
  const { directory } = request;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const authority = createAuthority('ecommerce-stack-lab');
  const signing = createSigningKey();
  const admin = authority.issue(users.admin);
  await Promise.all([
    writeSecret(directory, 'ca.crt', authority.certificate),
    writeSecret(directory, 'ca.key', authority.key),
    writeSecret(directory, 'sa.key', signing.privateKey),
    writeSecret(directory, 'sa.pub', signing.publicKey),
    writePair(directory, 'apiserver', issueServer(authority, request)),
    ...Object.entries(clients).map(([name, subject]) => writePair(directory, name, authority.issue(subject))),
    ...Object.entries(users).map(([name, subject]) =>
      writeKubeconfig(request, authority, { name, pair: name === 'admin' ? admin : authority.issue(subject) }),
    ),
    ...Object.entries(request.nodes ?? {}).map(([name, address]) => writeNode(request, authority, { name, address })),
  ]);
  return {
    directory,
    adminKubeconfigPath: join(directory, 'admin.kubeconfig'),
    admin,
    authorityCertificate: authority.certificate,
    createKubeconfig: ({ name, groups = [] }) =>
      writeKubeconfig(request, authority, {
        name,
        pair: authority.issue({ commonName: name, organizations: groups }),
      }),
  };
}

function issueServer(authority: Authority, { addresses = [] }: CredentialsRequest): KeyPair {
  return authority.issue({ commonName: 'kube-apiserver', hosts: [...apiServerNames, ...addresses] });
}

async function writeNode(
  request: CredentialsRequest,
  authority: Authority,
  node: { readonly name: string; readonly address: string },
): Promise<void> {
  const pair = authority.issue({
    commonName: `system:node:${node.name}`,
    organizations: ['system:nodes'],
    hosts: [node.name, node.address, '127.0.0.1'],
  });
  await writePair(request.directory, node.name, pair);
  await writeKubeconfig(request, authority, { name: node.name, pair });
}

async function writeKubeconfig(
  { directory, serverUrl }: CredentialsRequest,
  authority: Authority,
  user: { readonly name: string; readonly pair: KeyPair },
): Promise<string> {
  const content = kubeconfigFor({
    serverUrl,
    authorityCertificate: authority.certificate,
    ...user.pair,
    user: user.name,
  });
  return writeSecret(directory, `${user.name.replaceAll(/[^\w.-]/g, '-')}.kubeconfig`, content);
}

async function writePair(directory: string, name: string, pair: KeyPair): Promise<void> {
  await writeSecret(directory, `${name}.crt`, pair.certificate);
  await writeSecret(directory, `${name}.key`, pair.key);
}

async function writeSecret(directory: string, name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}
