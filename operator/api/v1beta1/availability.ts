import { type CompleteStack, serviceNames } from './complete-stack.ts';

/** Names of the enabled parts that one lost pod stops, in a fixed order. External stores are the provider's business. */
export function singlePointsOfFailure(stack: CompleteStack): readonly string[] {
  const { postgres, redis, kafka, elasticsearch } = stack;
  const stores = [
    ...(postgres.mode !== 'External' && postgres.readReplicas === 0 ? ['postgres'] : []),
    ...(redis.mode !== 'External' && redis.replicasPerShard === 0 ? ['redis'] : []),
    ...(kafka.mode !== 'External' && kafka.brokers === 1 ? ['kafka'] : []),
    ...(elasticsearch.mode !== 'External' && elasticsearch.nodes === 1 ? ['elasticsearch'] : []),
  ];
  const services = serviceNames.filter((name) => {
    const { enabled, autoscaling, replicas } = stack.services[name];
    return enabled && (autoscaling.enabled ? autoscaling.minReplicas : replicas) < 2;
  });
  return [...stores, ...services];
}
