import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { adminUser, brokerUser, clientPort, controllerPort, copiesOf, ordinals, podHost } from '../names.ts';
import { cleanerBufferBytes, type Settings, staticSettings } from '../parameters.ts';

/** Settings that a change of the manifest may change and that only a start reads: their hash is in the pod template. */
export function restartSettings(stack: CompleteStack): Settings {
  return {
    'log.cleaner.dedupe.buffer.size': String(cleanerBufferBytes(stack)),
    ...staticSettings(stack),
  };
}

/**
 * Settings that follow from the number of brokers. They are read when a node or an internal topic is made, so that a
 * broker more is no reason to restart the others.
 */
export function sizeSettings(stack: CompleteStack, brokers: number): Settings {
  const { factor, minimumInSync } = copiesOf(brokers);
  const copies = String(factor);
  const minimum = String(minimumInSync);
  return {
    'controller.quorum.bootstrap.servers': ordinals(brokers)
      .map((ordinal) => `${podHost(stack, ordinal)}:${controllerPort}`)
      .join(','),
    'default.replication.factor': copies,
    'min.insync.replicas': minimum,
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': minimum,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': minimum,
  };
}

/** Settings that are always the same. `@ORDINAL@` and `@HOST@` are filled in by the start script. */
export function fixedSettings(dataFolder: string): Settings {
  return {
    'process.roles': 'broker,controller',
    'node.id': '@ORDINAL@',
    listeners: `CLIENT://:${clientPort},CONTROLLER://:${controllerPort}`,
    'advertised.listeners': `CLIENT://@HOST@:${clientPort},CONTROLLER://@HOST@:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENT',
    'listener.security.protocol.map': 'CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
    // Credentials of SCRAM are part of the log that the controllers agree on; to agree they need another login.
    'sasl.mechanism.controller.protocol': 'PLAIN',
    'listener.name.controller.sasl.enabled.mechanisms': 'PLAIN',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:${brokerUser};User:${adminUser}`,
    'log.dirs': `${dataFolder}/log`,
    // Topics are declared; a typing error must not make one.
    'auto.create.topics.enable': 'false',
    // Kafka's 50 are for clusters with thousands of groups; each costs files and memory on every broker.
    'offsets.topic.num.partitions': '12',
    'transaction.state.log.num.partitions': '12',
    'share.coordinator.state.topic.num.partitions': '12',
    'controlled.shutdown.enable': 'true',
    // A replica that is behind never becomes leader: an outage rather than lost events.
    'unclean.leader.election.enable': 'false',
  };
}
