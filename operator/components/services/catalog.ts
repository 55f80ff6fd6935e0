import type { ServiceName } from '../../api/v1beta1/complete-stack.ts';

/** What one service of the shop is, as far as running it is concerned. */
export interface ServiceDefinition {
  readonly name: ServiceName;
  /** Public port, as in the deployment guide. */
  readonly port: number;
  /** Owns the database `<name>_db`: gets a connection Secret and a migration Job before each rollout. */
  readonly ownsDatabase: boolean;
  readonly usesRedis: boolean;
  /** Sends or handles events: gets the login and the rights that the topics' declaration gives it. */
  readonly usesKafka: boolean;
  /** Asks Elasticsearch. */
  readonly usesSearch: boolean;
  /** Calls the other services: gets their addresses and the public keys of the identity tokens. */
  readonly isGateway: boolean;
}

/** The services that this release of the operator runs. To add one: add its row, its folder and its image. */
export const serviceCatalog: readonly ServiceDefinition[] = [
  {
    name: 'product',
    port: 3002,
    ownsDatabase: true,
    usesRedis: false,
    usesKafka: false,
    usesSearch: false,
    isGateway: false,
  },
  {
    name: 'gateway',
    port: 8000,
    ownsDatabase: false,
    usesRedis: true,
    usesKafka: false,
    usesSearch: false,
    isGateway: true,
  },
];

/** Admin port of every service: probes and metrics, never exposed by the ingress. */
export const adminPort = 9000;
