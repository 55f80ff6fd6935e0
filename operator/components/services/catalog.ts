import { type ServiceName, serviceNames } from '../../api/v1beta1/complete-stack.ts';

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
  /** Signs access tokens: gets the private key, which no other service has. */
  readonly signsTokens: boolean;
  /** Keeps what is known about people: gets the keys that it is sealed with, which no other service has. */
  readonly keepsPersonalData: boolean;
  /** The door: gets the public keys of the access tokens, and its address is the shop's. */
  readonly isGateway: boolean;
  /** Neighbours that it asks over HTTP: those that run are given to it as `APP_UPSTREAM_<NAME>`. */
  readonly calls: readonly ServiceName[];
}

/** The services that this release of the operator runs. To add one: add its row, its folder and its image. */
export const serviceCatalog: readonly ServiceDefinition[] = [
  {
    name: 'user',
    port: 3001,
    ownsDatabase: true,
    usesRedis: false,
    usesKafka: true,
    usesSearch: false,
    signsTokens: true,
    keepsPersonalData: true,
    isGateway: false,
    calls: [],
  },
  {
    name: 'product',
    port: 3002,
    ownsDatabase: true,
    usesRedis: false,
    usesKafka: true,
    usesSearch: false,
    signsTokens: false,
    keepsPersonalData: false,
    isGateway: false,
    calls: [],
  },
  {
    name: 'cart',
    port: 3003,
    ownsDatabase: true,
    usesRedis: true,
    usesKafka: true,
    usesSearch: false,
    signsTokens: false,
    keepsPersonalData: false,
    isGateway: false,
    calls: ['product', 'inventory'],
  },
  {
    name: 'inventory',
    port: 3006,
    ownsDatabase: true,
    usesRedis: false,
    usesKafka: true,
    usesSearch: false,
    signsTokens: false,
    keepsPersonalData: false,
    isGateway: false,
    calls: [],
  },
  {
    name: 'search',
    port: 3008,
    ownsDatabase: false,
    usesRedis: false,
    usesKafka: true,
    usesSearch: true,
    signsTokens: false,
    keepsPersonalData: false,
    isGateway: false,
    calls: ['product'],
  },
  {
    name: 'gateway',
    port: 8000,
    ownsDatabase: false,
    usesRedis: true,
    usesKafka: false,
    usesSearch: false,
    signsTokens: false,
    keepsPersonalData: false,
    isGateway: true,
    calls: serviceNames.filter((name) => name !== 'gateway'),
  },
];

/** Admin port of every service: probes and metrics, never exposed by the ingress. */
export const adminPort = 9000;
