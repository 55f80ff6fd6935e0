import test from 'ava';
import { aCompleteStack } from '../../../testing/complete.ts';
import { wantedRepository } from '../repository.ts';
import { nodeName, observeNodes } from '../testing/model.ts';
import { repository } from './repository.ts';

const s3 = { bucket: 'backups', prefix: 'prod/', endpoint: 'http://s3:9000', credentialsSecretRef: { name: 's3' } };
const stack = aCompleteStack({ backup: { destination: { s3 } } });
const node = { name: nodeName(0), version: '8.19.0', maxMapCount: undefined, diskUsed: undefined };
const able = { nodes: [{ ...node, modules: ['repository-s3'] }] };

test('the bucket of the backups becomes a repository where the image can write to S3', (t) => {
  const plan = repository.plan(observeNodes(1, { facts: able }), stack);
  t.like(plan, { step: { name: 'RegisterRepository', details: { name: 'ecommerce-backup' } } });
  t.is(wantedRepository(stack)?.settings['base_path'], 'prod/shop/shop/elasticsearch');
});

test('nothing to do without the module, without backups, or when it is there', (t) => {
  t.deepEqual(repository.plan(observeNodes(1), stack), { kind: 'none' });
  t.deepEqual(repository.plan(observeNodes(1, { facts: able }), aCompleteStack()), { kind: 'none' });
  const { name = '', settings = {} } = wantedRepository(stack) ?? {};
  const repositories = { [name]: { type: 's3', settings } };
  t.deepEqual(repository.plan(observeNodes(1, { facts: { ...able, repositories } }), stack), { kind: 'none' });
});
