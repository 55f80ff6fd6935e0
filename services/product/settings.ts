/** Settings of the product service. */
import {
  httpSettings,
  identitySettings,
  optionalKafkaSettings,
  outboxSettings,
  postgresSettings,
  processSettings,
} from '#chassis/config/base.ts';
import { servicePorts } from '#contracts/services.ts';

export const productSettings = {
  process: processSettings,
  http: httpSettings(servicePorts.product),
  identity: identitySettings,
  postgres: postgresSettings,
  kafka: optionalKafkaSettings,
  outbox: outboxSettings,
} as const;
