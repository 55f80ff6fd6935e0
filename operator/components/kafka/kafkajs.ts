import { createRequire } from 'node:module';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * The only door to kafkajs in the operator. Its `admin()` is not used: it retries for many seconds, honours no
 * AbortSignal, and goes to brokers by the names that they advertise, which lag behind after a restart. What is used is
 * the layer below, one connection to one broker: the protocol's requests, SASL and framing (docs/adr/0010). The
 * version is pinned, because these modules are no public interface.
 */

const load = createRequire(import.meta.url);

/** A login by SASL. */
export interface KafkajsLogin {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** One connection to one broker, as far as we use it. */
export interface KafkajsBroker {
  connect(): Promise<void>;
  describeConfigs(request: {
    readonly resources: readonly { type: number; name: string; configNames?: readonly string[] }[];
  }): Promise<{ readonly resources: readonly KafkajsConfigs[] }>;
  createTopics(request: {
    readonly topics: readonly KafkajsNewTopic[];
    validateOnly?: boolean;
    timeout?: number;
  }): Promise<unknown>;
  deleteTopics(request: { readonly topics: readonly string[]; timeout?: number }): Promise<unknown>;
  createPartitions(request: {
    readonly topicPartitions: readonly { topic: string; count: number }[];
    timeout?: number;
  }): Promise<unknown>;
  describeAcls(filter: KafkajsAclFilter): Promise<{ readonly resources: readonly KafkajsAclResource[] }>;
  createAcls(request: { readonly acl: readonly KafkajsAcl[] }): Promise<unknown>;
  deleteAcls(request: { readonly filters: readonly KafkajsAclFilter[] }): Promise<unknown>;
  alterPartitionReassignments(request: {
    readonly topics: readonly {
      readonly topic: string;
      readonly partitionAssignment: readonly { readonly partition: number; readonly replicas: readonly number[] }[];
    }[];
    timeout?: number;
  }): Promise<unknown>;
  readonly connectionPool: { send<T>(exchange: KafkajsExchange<T>): Promise<T> };
}

export interface KafkajsMetadata {
  readonly clusterId: string;
  readonly controllerId: number;
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly isInternal: boolean;
    readonly partitionMetadata: readonly {
      readonly partitionId: number;
      readonly leader: number;
      readonly replicas: readonly number[];
      readonly isr: readonly number[];
    }[];
  }[];
}

export interface KafkajsConfigs {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configEntries: readonly {
    readonly configName: string;
    readonly configValue: string;
    readonly configSource: number;
  }[];
}

export interface KafkajsNewTopic {
  readonly topic: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configEntries: readonly { readonly name: string; readonly value: string }[];
}

export interface KafkajsAcl {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly resourcePatternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

export type KafkajsAclFilter = Partial<KafkajsAcl> &
  Pick<KafkajsAcl, 'resourceType' | 'resourcePatternType' | 'operation' | 'permissionType'>;

export interface KafkajsAclResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly resourcePatternType: number;
  readonly acls: readonly Pick<KafkajsAcl, 'principal' | 'host' | 'operation' | 'permissionType'>[];
}

/** A request and how its answer is read, as kafkajs' connections take them. */
export interface KafkajsExchange<T> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    encode(): Promise<unknown>;
  };
  /** kafkajs looks for a throttling in what was decoded, so that it must be an object. */
  readonly response: { decode(raw: Buffer): Promise<{ value: T }>; parse(data: { value: T }): Promise<T> };
}

interface Encoder {
  writeBuffer(buffer: Buffer): Encoder;
}

// `as`, here and below: kafkajs has no types for its inner modules; these are their shapes in version 2.2.4.
const BrokerClass = load('kafkajs/src/broker') as new (options: object) => KafkajsBroker;
const ConnectionPool = load('kafkajs/src/network/connectionPool') as new (options: object) => object;
const EncoderClass = load('kafkajs/src/protocol/encoder') as new () => Encoder;
const metadataRequests = load('kafkajs/src/protocol/requests/metadata') as {
  protocol(version: {
    version: number;
  }): (request: { topics: readonly string[]; allowAutoTopicCreation: boolean }) => KafkajsExchange<KafkajsMetadata>;
};
const RequestQueue = load('kafkajs/src/network/requestQueue') as {
  readonly prototype: { pending: readonly unknown[]; throttledUntil: number; scheduleCheckPendingRequests(): void };
};
const errors = load('kafkajs/src/errors') as Readonly<
  Record<
    'KafkaJSSASLAuthenticationError' | 'KafkaJSProtocolError' | 'KafkaJSAggregateError',
    new (
      ...args: never[]
    ) => Error
  >
>;

quietRequestQueue();

/**
 * After every answer kafkajs sets a timer for the end of a throttling, also when there is none: with a negative time,
 * which Node reports as TimeoutNegativeWarning on each occurrence. Without throttling and without waiting requests there
 * is nothing to come back for.
 */
function quietRequestQueue(): void {
  const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
  RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleWhenNeeded() {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) {
      schedule.call(this);
    }
  };
}

const silentLogger = {
  namespace: () => silentLogger,
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly login: KafkajsLogin | undefined;
  /** PEM of the authority; `undefined`: no TLS, empty: the well-known authorities. */
  readonly ca: string | undefined;
  readonly timeoutMs: number;
  /** Told of every socket, to be able to cut it. */
  onSocket(socket: Socket): void;
}

/** A broker that is not connected yet. */
export function openBroker(options: ConnectionOptions): KafkajsBroker {
  const { host, port, login, timeoutMs } = options;
  const tls = options.ca === undefined ? null : { ca: options.ca === '' ? undefined : options.ca, servername: host };
  const connectionPool = new ConnectionPool({
    host,
    port,
    // A copy: kafkajs keeps what it derived from the password in the object that it was given.
    sasl: login === undefined ? null : { ...login },
    ssl: tls,
    clientId: 'ecommerce-operator',
    connectionTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    // A poll every 100 ms per connection; the conversation has its own deadline.
    enforceRequestTimeout: false,
    logger: silentLogger,
    socketFactory: ({ onConnect }: { onConnect: () => void }) => {
      const socket =
        tls === null ? connectTcp({ host, port }, onConnect) : connectTls({ host, port, ...tls }, onConnect);
      socket.setNoDelay(true);
      options.onSocket(socket);
      return socket;
    },
  });
  return new BrokerClass({ connectionPool, logger: silentLogger, authenticationTimeout: timeoutMs });
}

/** Sends a request that kafkajs does not know; `body` begins after the request header of the old kind. */
export function exchange<T>(
  broker: KafkajsBroker,
  api: { readonly key: number; readonly version: number; readonly name: string },
  body: Buffer,
  read: (answer: Buffer) => T,
): Promise<T> {
  return broker.connectionPool.send<T>({
    request: {
      apiKey: api.key,
      apiVersion: api.version,
      apiName: api.name,
      encode: async () => new EncoderClass().writeBuffer(body),
    },
    response: { decode: async (raw) => ({ value: read(raw) }), parse: async ({ value }) => value },
  });
}

/**
 * Brokers and all topics with their partitions. As it was decoded: kafkajs' own method throws all of it away when a
 * single partition has no leader, which is when it is needed most.
 */
export function readMetadata(broker: KafkajsBroker): Promise<KafkajsMetadata> {
  const { request, response } = metadataRequests.protocol({ version: 6 })({
    topics: [],
    allowAutoTopicCreation: false,
  });
  return broker.connectionPool.send<KafkajsMetadata>({
    request,
    response: {
      decode: async (raw) => ({ value: (await response.decode(raw)) as unknown as KafkajsMetadata }),
      parse: async ({ value }) => value,
    },
  });
}

/** Whether the broker refused user or password. */
export function isLoginRefusal(error: unknown): error is Error {
  return error instanceof errors.KafkaJSSASLAuthenticationError;
}

/** Whether it is an answer of the broker; every other error is the connection's. */
export function isProtocolError(error: unknown): error is Error {
  return error instanceof errors.KafkaJSProtocolError || error instanceof errors.KafkaJSAggregateError;
}
