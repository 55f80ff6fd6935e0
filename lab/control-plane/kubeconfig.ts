/** What one kubeconfig tells its reader. */
export interface KubeconfigContent {
  readonly serverUrl: string;
  readonly authorityCertificate: string;
  readonly user: string;
  readonly certificate: string;
  readonly key: string;
}

/** The text of a kubeconfig that needs no other file, so that it can be copied and read by every client. */
export function kubeconfigFor(content: KubeconfigContent): string {
  const name = 'lab';
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: { server: content.serverUrl, 'certificate-authority-data': toBase64(content.authorityCertificate) },
      },
    ],
    users: [
      {
        name: content.user,
        user: {
          'client-certificate-data': toBase64(content.certificate),
          'client-key-data': toBase64(content.key),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: content.user } }],
    'current-context': name,
  };
  // JSON is YAML, and needs no library to write.
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** What a kubeconfig that {@link kubeconfigFor} wrote tells. */
export function parseKubeconfig(text: string): KubeconfigContent {
  // `as`: the shape that kubeconfigFor writes.
  const { clusters, users } = JSON.parse(text) as {
    readonly clusters: readonly [{ readonly cluster: Record<string, string> }];
    readonly users: readonly [{ readonly name: string; readonly user: Record<string, string> }];
  };
  const [{ cluster }] = clusters;
  const [{ name, user }] = users;
  return {
    serverUrl: cluster['server'] ?? '',
    authorityCertificate: fromBase64(cluster['certificate-authority-data']),
    user: name,
    certificate: fromBase64(user['client-certificate-data']),
    key: fromBase64(user['client-key-data']),
  };
}

function fromBase64(text = ''): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
