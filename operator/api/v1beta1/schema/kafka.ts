import Type from 'typebox';
import { kafkaParameters } from '../kafka-parameters.ts';
import { absent } from './expressions.ts';
import { celList, rules } from './rules.ts';
import { oddOnly, storeFields, storeMode, storeRules } from './stores.ts';
import { choice, keyedList, mapOf, text } from './types.ts';

const topic = Type.Object(
  {
    name: text('Name of the topic.', {
      maxLength: 249,
      minLength: 1,
      ...rules(
        {
          cel: "self.matches('^[a-zA-Z0-9._-]+$') && self != '.' && self != '..'",
          message: '"{self}" is no topic name: use letters, digits, ".", "_" and "-"',
        },
        {
          cel: "!self.matches('^(shop[.]|__)')",
          message:
            '"{self}" is reserved: topics that begin with "shop." are those of the services, with "__" those of Kafka itself; choose another name',
        },
      ),
    }),
    state: Type.Optional(
      choice(
        ['Present', 'Absent'],
        'Present, unless stated. Absent deletes the topic with all of its events; a topic that is only taken out of this list stays as it is.',
      ),
    ),
    partitions: Type.Optional(
      Type.Integer({
        description: 'Partitions; may only grow, because keys would move. 3 when absent.',
        minimum: 1,
        maximum: 1000,
        ...rules({
          cel: 'self >= oldSelf',
          message: 'partitions {self} is less than before ({oldSelf}): Kafka can add partitions but not take them away',
        }),
      }),
    ),
    replicationFactor: Type.Optional(
      Type.Integer({
        description: 'Copies of each partition, at most the number of brokers; 3, or all brokers, when absent.',
        minimum: 1,
        maximum: 9,
      }),
    ),
    retentionHours: Type.Optional(
      Type.Integer({
        description: 'How long events are kept, hours; -1 keeps them for ever, 168 when absent.',
        minimum: -1,
        maximum: 87_600,
      }),
    ),
    cleanupPolicy: Type.Optional(choice(['delete', 'compact'], 'What happens to old events; delete when absent.')),
  },
  { description: 'A topic beside those that the services need themselves.' },
);

const allowed = celList(kafkaParameters);

const parameters = mapOf(
  text('Value as in server.properties.', { maxLength: 64 }),
  'Settings of the brokers by name, e.g. message.max.bytes: "2097152". Those that need a restart roll, one broker at a time.',
  {
    maxProperties: 34,
    ...rules({
      cel: `self.all(name, name in ${allowed})`,
      message: `{self.filter(name, !(name in ${allowed}))} cannot be set: unknown, or owned by the operator; allowed are {${allowed}}`,
    }),
  },
);

/** `spec.kafka` */
export const kafkaSchema = Type.Object(
  {
    mode: Type.Optional(
      storeMode(
        ['Builtin', 'Strimzi', 'External'],
        'Who runs Kafka: this operator (KRaft), Strimzi, or somebody else.',
      ),
    ),
    ...storeFields('kafka', 'bootstrapServers, optional username, password, saslMechanism, ca.crt'),
    brokers: Type.Optional(
      Type.Integer({
        description: 'Brokers, which are controllers too; an odd number. May only grow.',
        minimum: 1,
        maximum: 9,
        ...rules({
          cel: 'self >= oldSelf',
          message:
            'brokers {self} is less than before ({oldSelf}): brokers hold partitions and votes and are not taken away; keep {oldSelf} or more',
        }),
      }),
    ),
    parameters: Type.Optional(parameters),
    topics: Type.Optional(keyedList(topic, ['name'], 'Topics beside those of the services.', { maxItems: 64 })),
  },
  {
    description: 'The event bus between the services.',
    ...storeRules(oddOnly('brokers', 'brokers'), {
      cel: `${absent('topics')} || ${absent('brokers')} || self.topics.all(topic, ${absent('replicationFactor', 'topic')} || topic.replicationFactor <= self.brokers)`,
      message:
        'topics {self.topics.filter(topic, has(topic.replicationFactor) && topic.replicationFactor > self.brokers).map(topic, topic.name)} ask for more copies than there are brokers ({self.brokers}): lower replicationFactor',
      field: '.topics',
    }),
  },
);
