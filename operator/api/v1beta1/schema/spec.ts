import Type from 'typebox';
import { hostName, imageTag } from './common.ts';
import { elasticsearchSchema } from './elasticsearch.ts';
import { imagesSchema } from './images.ts';
import { kafkaSchema } from './kafka.ts';
import { backupSchema, ingressSchema, monitoringSchema, networkPolicySchema, trafficSchema } from './platform.ts';
import { postgresSchema } from './postgres.ts';
import { redisSchema } from './redis.ts';
import { rules } from './rules.ts';
import { servicesSchema } from './services.ts';
import { specRules } from './spec-rules.ts';
import { choice, text } from './types.ts';

/** `spec`: the manifest that a user writes; version, profile and host are a working shop. */
export const specSchema = Type.Object(
  {
    version: imageTag("Release of the shop: the tag of its services' images, e.g. 1.0.0."),
    profile: choice(
      ['Development', 'Production'],
      'Sizes, replica counts and strictness. Development fits on a laptop; Production is sized for 10,000 concurrent users and refuses single points of failure.',
    ),
    host: hostName('Public host name of the shop, e.g. shop.example.com.'),
    images: Type.Optional(imagesSchema),
    postgres: Type.Optional(postgresSchema),
    redis: Type.Optional(redisSchema),
    kafka: Type.Optional(kafkaSchema),
    elasticsearch: Type.Optional(elasticsearchSchema),
    services: Type.Optional(servicesSchema),
    ingress: Type.Optional(ingressSchema),
    traffic: Type.Optional(trafficSchema),
    backup: Type.Optional(backupSchema),
    monitoring: Type.Optional(monitoringSchema),
    networkPolicy: Type.Optional(networkPolicySchema),
    deletionPolicy: Type.Optional(
      choice(
        ['Retain', 'Snapshot', 'Delete'],
        'What happens to volumes and credentials when the stack is deleted. Retain: they stay, and a new stack of the same name takes them over. Snapshot: deleted after a last backup. Delete: deleted.',
        { default: 'Retain' },
      ),
    ),
    deletionConfirmation: Type.Optional(
      text('The name of the stack once more; deletionPolicy Delete needs it.', { maxLength: 63 }),
    ),
  },
  { description: 'The shop that you want.', ...rules(...specRules) },
);
