import Type from 'typebox';
import { image, objectName } from './common.ts';
import { rules } from './rules.ts';
import { keyedList, text } from './types.ts';

const override = (name: string) => Type.Optional(image(`Image of ${name}, instead of the default.`));

const serviceOverrides = {
  gateway: override('the gateway'),
  user: override('the user service'),
  product: override('the product service'),
  cart: override('the cart service'),
  order: override('the order service'),
  payment: override('the payment service'),
  inventory: override('the inventory service'),
  notification: override('the notification service'),
  search: override('the search service'),
};

/** `spec.images` */
export const imagesSchema = Type.Object(
  {
    registry: Type.Optional(
      text(
        "Prefix of the shop's own images, e.g. registry.example.com/shop; the default comes from the installation.",
        {
          maxLength: 253,
          minLength: 1,
          ...rules({
            cel: "self.matches('^[a-z0-9][a-z0-9.:/_-]*[a-z0-9]$')",
            message:
              '"{self}" is no image prefix: write host and path without scheme and without "/" at the end, e.g. registry.example.com/shop',
          }),
        },
      ),
    ),
    pullSecrets: Type.Optional(
      keyedList(
        Type.Object(
          { name: objectName('Name of the Secret.') },
          { description: 'A Secret of type kubernetes.io/dockerconfigjson.' },
        ),
        ['name'],
        'Secrets with the credentials of private registries, in the namespace of the stack.',
        { maxItems: 8 },
      ),
    ),
    overrides: Type.Optional(
      Type.Object(
        {
          postgres: override('PostgreSQL (with Patroni in mode Builtin)'),
          redis: override('Redis or Valkey'),
          kafka: override('Kafka'),
          elasticsearch: override('Elasticsearch'),
          backup: override('the backup jobs'),
          ...serviceOverrides,
        },
        { description: 'Full image references by part; services.<name>.image wins over the one here.' },
      ),
    ),
  },
  { description: 'Where the images come from.' },
);
