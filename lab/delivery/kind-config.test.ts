import test from 'ava';
import { kindConfig, nodePortService } from './kind-config.ts';

test('each mapping opens one port of loopback only', (t) => {
  const config = kindConfig([{ hostPort: 8080, nodePort: 30080 }]);
  t.like(config, {
    nodes: [{ extraPortMappings: [{ listenAddress: '127.0.0.1', hostPort: 8080, containerPort: 30080 }] }],
  });
});

test('a published Service leads to the same pods through one NodePort', (t) => {
  const live = { spec: { selector: { app: 'gateway' }, ports: [{ port: 8000, targetPort: 'http' }] } };
  t.like(nodePortService({ namespace: 'shop', name: 'shop-gateway', port: 8000 }, live, 30080), {
    metadata: { namespace: 'shop', name: 'published-30080' },
    spec: {
      type: 'NodePort',
      selector: { app: 'gateway' },
      ports: [{ port: 8000, targetPort: 'http', nodePort: 30080 }],
    },
  });
});

test('a port that the Service does not have is refused with those that it has', (t) => {
  const live = { spec: { ports: [{ port: 80 }, { port: 443 }] } };
  t.throws(() => nodePortService({ namespace: 'a', name: 'b', port: 81 }, live, 30080), {
    message: /a\/b has no port 81; it has 80, 443/,
  });
});
