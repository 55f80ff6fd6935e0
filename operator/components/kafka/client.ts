import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { isLoginRefusal, isProtocolError, type KafkajsBroker, type KafkajsLogin, openBroker } from './kafkajs.ts';
import { RequestRefusedError } from './protocol/wire.ts';

/** The only I/O of this component: conversations with single brokers over connections that are kept for a while. */

/** Where a broker listens. `key` changes when it is another process (the pod's uid): connections are not shared then. */
export interface BrokerTarget {
  readonly key: string;
  readonly host: string;
  readonly port: number;
}

export interface Access {
  readonly login: KafkajsLogin | undefined;
  /** PEM of the authority; `undefined`: no TLS, empty: the well-known authorities. */
  readonly ca: string | undefined;
}

/** The broker does not let us in: wrong password, missing user. */
export class LoginRefusedError extends Error {
  constructor(target: BrokerTarget, cause: Error) {
    super(`Kafka at ${target.host}:${target.port} refuses the login: ${cause.message}`, { cause });
    this.name = 'LoginRefusedError';
  }
}

/** No connection, or no answer in time. */
export class BrokerSilentError extends Error {
  constructor(target: BrokerTarget, reason: string, cause?: unknown) {
    super(`Kafka at ${target.host}:${target.port} does not answer: ${reason}`, { cause });
    this.name = 'BrokerSilentError';
  }
}

export interface ConversationOptions {
  readonly signal: AbortSignal;
  /** For the whole conversation, milliseconds. Default 5000: changes of the metadata wait for the quorum. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 5000;
/** A connection that nobody used for so long is closed. */
const idleMs = 90_000;

interface Connection {
  readonly broker: KafkajsBroker;
  readonly ready: Promise<void>;
  readonly sockets: Set<Socket>;
  idleTimer: NodeJS.Timeout;
}

const connections = new Map<string, Connection>();

/**
 * Runs a conversation on the connection to a broker, opened when there is none. Rejects with `LoginRefusedError`,
 * `BrokerSilentError`, or the broker's own error; after a silence nothing is known of what was carried out.
 */
export async function converse<T>(
  target: BrokerTarget,
  access: Access,
  talk: (broker: KafkajsBroker) => Promise<T>,
  options: ConversationOptions,
): Promise<T> {
  const key = connectionKey(target, access);
  const connection = connections.get(key) ?? open(key, target, access);
  try {
    const work = connection.ready.then(() => talk(connection.broker));
    const answer = await withDeadline(work, target, options);
    connection.idleTimer.refresh();
    return answer;
  } catch (error) {
    if (isProtocolError(error) || error instanceof RequestRefusedError) {
      throw error;
    }
    drop(key, connection);
    throw translate(target, error);
  }
}

/** Closes what is open: for the end of the process and of tests. */
export function closeConnections(): void {
  for (const [key, connection] of connections) {
    drop(key, connection);
  }
}

function open(key: string, target: BrokerTarget, access: Access): Connection {
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      if (connections.get(key) === connection) {
        connections.delete(key);
      }
    });
  };
  const broker = openBroker({ ...target, ...access, timeoutMs: defaultTimeoutMs, onSocket });
  const ready = broker.connect().then(() => {
    // An idle connection must not keep a process alive that is done; a conversation has a timer that does.
    for (const socket of sockets) {
      socket.unref();
    }
  });
  const connection: Connection = { broker, ready, sockets, idleTimer: setTimeout(() => drop(key, connection), idleMs) };
  connection.idleTimer.unref();
  // The conversation that opened it awaits the same promise; this keeps a rejection after its deadline quiet.
  ready.catch(() => {});
  connections.set(key, connection);
  return connection;
}

function drop(key: string, connection: Connection): void {
  clearTimeout(connection.idleTimer);
  if (connections.get(key) === connection) {
    connections.delete(key);
  }
  for (const socket of connection.sockets) {
    socket.destroy();
  }
}

function translate(target: BrokerTarget, error: unknown): Error {
  if (error instanceof BrokerSilentError) {
    return error;
  }
  return isLoginRefusal(error)
    ? new LoginRefusedError(target, error)
    : new BrokerSilentError(target, error instanceof Error ? error.message : String(error), error);
}

async function withDeadline<T>(work: Promise<T>, target: BrokerTarget, options: ConversationOptions): Promise<T> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new BrokerSilentError(target, 'the pass was stopped'));
  const timer = setTimeout(() => reject(new BrokerSilentError(target, `no answer in ${timeoutMs} ms`)), timeoutMs);
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) {
    stop();
  }
  try {
    return await Promise.race([work, stopped]);
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', stop);
    // Whoever lost the race may still reject.
    work.catch(() => {});
  }
}

/** The login is part of the key: after a change of the password the old connection must not be used with the new one. */
function connectionKey(target: BrokerTarget, { login, ca }: Access): string {
  const secret = createHash('sha256')
    .update(JSON.stringify([login, ca]))
    .digest('base64url');
  return `${target.key} ${target.host}:${target.port} ${secret}`;
}
