import test from 'ava';
import { nextSteps, type Shop } from './next-steps.ts';

const aShop = (changes: Partial<Shop['cluster']>, kubectlDirectory?: string): Shop => ({
  cluster: { kind: 'lab', name: 'shop', kubeconfigPath: '/k', ...changes },
  stack: { namespace: 'shop', name: 'shop' },
  published: { url: 'http://127.0.0.1:8080', port: 8080 },
  kubectlDirectory,
});

test('the commands lead back to the same cluster', (t) => {
  t.regex(nextSteps(aShop({})), /make down$/m);
  t.regex(nextSteps(aShop({ name: 'other' })), /make load ONLY=product NAME=other$/m);
  t.regex(nextSteps(aShop({ name: 'other' })), /make seed NAME=other$/m);
  t.regex(nextSteps(aShop({ kind: 'current', name: 'context' })), /make down CLUSTER=current$/m);
});

test('a kubectl that is not in PATH is put there', (t) => {
  t.regex(nextSteps(aShop({}, '/cache/bin')), /export KUBECONFIG=\/k PATH=\/cache\/bin:\$PATH$/m);
  t.notRegex(nextSteps(aShop({})), /PATH=/);
});
