/** `docs/reference/asyncapi.yaml`: the events of the shop as AsyncAPI 3, from the contracts alone. */
import { stringify } from 'yaml';
import { collectSchema, type JsonSchema } from '../../services/chassis/http/openapi-schemas.ts';
import { eventCatalog } from '../../services/contracts/events/catalog.ts';
import type { EventType } from '../../services/contracts/events/event-type.ts';
import { shopTopics, type Topic } from '../../services/contracts/topics.ts';

const text = (description: string) => ({ type: 'string', description });

/** Attributes of CloudEvents as the Kafka binding's binary mode has them. */
const cloudEventHeaders = {
  type: 'object',
  required: ['ce_specversion', 'ce_id', 'ce_source', 'ce_type'],
  properties: {
    ce_specversion: { type: 'string', const: '1.0' },
    ce_id: text('Unique; an event that comes again has the same.'),
    ce_source: text('What sent it: `/shop/product`.'),
    ce_type: text('What happened; a consumer ignores what it does not know.'),
    ce_subject: text('What it happened to: `product/<id>`.'),
    ce_time: { type: 'string', format: 'date-time' },
    ce_partitionkey: text('The key of the record.'),
    ce_aggregateversion: text('Version of the aggregate after the event: older ones are ignored.'),
    ce_correlationid: text('Id of the request that caused it, also over several events.'),
    ce_causationid: text('Id of the event whose handling caused it; absent where a request did.'),
    ce_traceparent: text('W3C trace context of that request.'),
    'content-type': text('Of the value: `application/json`.'),
  },
};

/** `shop.product.price-changed.v1` → `shopProductPriceChangedV1`. */
function messageName({ type }: EventType): string {
  return type.replace(/[.-]([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function describeMessage(event: EventType, schemas: Map<string, JsonSchema>): unknown {
  return {
    name: event.type,
    title: event.type,
    summary: event.summary,
    contentType: 'application/json',
    headers: { $ref: '#/components/schemas/CloudEventHeaders' },
    payload: collectSchema(event.schema, 'output', schemas),
    bindings: { kafka: { key: text(`Id of the ${event.aggregate}.`), bindingVersion: '0.5.0' } },
  };
}

function describeChannel(topic: Topic, events: readonly EventType[]): unknown {
  return {
    address: topic.name,
    description: `Key: ${topic.key}. Events of one key keep their order.`,
    messages: Object.fromEntries(
      events.map((event) => [messageName(event), { $ref: `#/components/messages/${messageName(event)}` }]),
    ),
    bindings: {
      kafka: {
        topic: topic.name,
        topicConfiguration: {
          'cleanup.policy': [topic.cleanup],
          ...(topic.cleanup === 'compact' ? {} : { 'retention.ms': topic.retentionHours * 3_600_000 }),
        },
        bindingVersion: '0.5.0',
      },
    },
  };
}

function describeOperations(topic: Topic): readonly (readonly [string, unknown])[] {
  const channel = { $ref: `#/channels/${topic.name}` };
  return [
    ...topic.producers.map((service) => [`${service}.send.${topic.name}`, { action: 'send', channel }] as const),
    ...topic.consumers.map((service) => [`${service}.receive.${topic.name}`, { action: 'receive', channel }] as const),
  ];
}

/** Topics without a declared event are left out: nothing could be said of their messages. */
export function describeEvents(): Readonly<Record<string, unknown>> {
  const schemas = new Map<string, JsonSchema>();
  const channels = shopTopics
    .map((topic) => ({ topic, events: eventCatalog.filter((event) => event.topic === topic.name) }))
    .filter(({ events }) => events.length > 0);
  const messages = eventCatalog.map((event) => [messageName(event), describeMessage(event, schemas)] as const);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Events of the shop',
      version: 'v1',
      description:
        'CloudEvents 1.0 in binary mode over Kafka: delivered at least once, in order within a key. Fields may be added to the data; anything else is a new type.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(channels.map(({ topic, events }) => [topic.name, describeChannel(topic, events)])),
    operations: Object.fromEntries(channels.flatMap(({ topic }) => describeOperations(topic))),
    components: {
      messages: Object.fromEntries(messages),
      schemas: { CloudEventHeaders: cloudEventHeaders, ...Object.fromEntries(schemas) },
    },
  };
}

export function renderEvents(header: string): string {
  return `${header}\n${stringify(describeEvents(), { lineWidth: 120, aliasDuplicateObjects: false })}`;
}
