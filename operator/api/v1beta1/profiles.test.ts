import test from 'ava';
import { serviceNames } from './complete-stack.ts';
import { profiles } from './profiles.ts';
import { quantityToNumber } from './quantity.ts';

const mebibytes = (quantity: string) => quantityToNumber(quantity) / 1024 ** 2;

// Copied by eye from the deployment guide, so that a slip in the code's table shows.
const scalingTargets = [
  ['user', 2, 5, 70, 80],
  ['product', 3, 10, 70, 80],
  ['cart', 2, 8, 60, 75],
  ['order', 2, 5, 70, 80],
  ['payment', 2, 4, 75, 85],
  ['inventory', 2, 5, 70, 80],
  ['notification', 2, 5, 60, 70],
  ['search', 2, 5, 60, 80],
] as const;

const allocation = [
  ['gateway', 2, '1', 1024],
  ['user', 3, '500m', 512],
  ['product', 5, '500m', 512],
  ['cart', 3, '250m', 256],
  ['order', 3, '1', 1024],
  ['payment', 2, '1', 1024],
  ['inventory', 3, '500m', 512],
  ['notification', 2, '250m', 256],
  ['search', 2, '1', 2048],
] as const;

test('production scales each service as the guide says', (t) => {
  for (const [name, minReplicas, maxReplicas, cpuPercent, memoryPercent] of scalingTargets) {
    t.deepEqual(profiles.Production.services[name].autoscaling, {
      enabled: true,
      minReplicas,
      maxReplicas,
      cpuPercent,
      memoryPercent,
    });
  }
});

test('production gives each service the instances, CPU and memory of the guide', (t) => {
  for (const [name, instances, cpu, memory] of allocation) {
    const { replicas, resources } = profiles.Production.services[name];
    t.is(replicas, instances, name);
    t.is(resources.limits.cpu, cpu, name);
    t.is(mebibytes(resources.limits.memory), memory, name);
    t.is(mebibytes(resources.requests.memory), memory / 2, name);
  }
});

test('production gives the stores the instances of the guide', (t) => {
  const { postgres, redis, kafka, elasticsearch } = profiles.Production;
  t.is(1 + postgres.readReplicas, 3);
  t.is(redis.shards * (1 + redis.replicasPerShard), 6);
  t.is(kafka.brokers, 3);
  t.is(elasticsearch.nodes, 3);
});

test('a whole development stack fits on a laptop of 2 cores and 4 GiB', (t) => {
  const { postgres, redis, kafka, elasticsearch, services } = profiles.Development;
  const pods = [
    ...Array.from({ length: 1 + postgres.readReplicas }, () => postgres.resources),
    ...Array.from({ length: redis.shards * (1 + redis.replicasPerShard) }, () => redis.resources),
    ...Array.from({ length: kafka.brokers }, () => kafka.resources),
    ...Array.from({ length: elasticsearch.nodes }, () => elasticsearch.resources),
    ...serviceNames.map((name) => services[name].resources),
  ];
  const millicores = pods.map(({ requests }) => Number(requests.cpu.replace('m', '')));
  // Half of each is for Kubernetes itself and for bursts.
  t.true(millicores.reduce((sum, cpu) => sum + cpu, 0) <= 1000);
  t.true(pods.reduce((sum, { requests }) => sum + mebibytes(requests.memory), 0) <= 2.5 * 1024);
});

test('pools of production have the connections of the guide', (t) => {
  t.deepEqual(profiles.Production.databasePool, { max: 20, min: 5 });
});
