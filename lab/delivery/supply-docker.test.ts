import test from 'ava';
import { projectRoot } from '../images/directories.ts';
import { dockerBuild } from './supply-docker.ts';

const supply = { registry: 'registry.example.com/shop', version: '1.2.0' };

test('a service is built from its target with its name as build argument', (t) => {
  t.deepEqual(dockerBuild('product', supply), {
    reference: 'registry.example.com/shop/product-service:1.2.0',
    argv: [
      ...['docker', 'build', '--quiet', '--target', 'service', '--build-arg', 'SERVICE=product'],
      ...['--tag', 'registry.example.com/shop/product-service:1.2.0', projectRoot],
    ],
    isTaggedByContent: false,
  });
});

test('the operator gets its tag from its content, PostgreSQL from its version', (t) => {
  t.like(dockerBuild('operator', supply), {
    reference: 'registry.example.com/shop/ecommerce-operator',
    isTaggedByContent: true,
  });
  t.is(dockerBuild('postgres', supply).reference, 'registry.example.com/shop/ecommerce-postgres:17');
});
