import test from 'ava';
import { kubeconfigFor, parseKubeconfig } from './kubeconfig.ts';

test('a kubeconfig gives back what it was made of', (t) => {
  const content = {
    serverUrl: 'https://127.0.0.1:1',
    authorityCertificate: 'authority',
    user: 'admin',
    certificate: 'certificate',
    key: 'key',
  };
  t.deepEqual(parseKubeconfig(kubeconfigFor(content)), content);
});
