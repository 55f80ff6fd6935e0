import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Command, Reply } from './facts.ts';

/** The only I/O of this component: short conversations with single nodes over connections that are kept for a while. */

/** Where a node listens. `key` changes when it is another process (the pod's uid): connections are not shared then. */
export interface NodeTarget {
  readonly key: string;
  readonly host: string;
  readonly port: number;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface ConversationOptions {
  readonly signal: AbortSignal;
  /** For the whole conversation, milliseconds. Default 2000: a healthy node answers within a few. */
  readonly timeoutMs?: number;
  /** Bulk strings come as Buffers: keys may hold any byte. */
  readonly binary?: boolean;
}

/** The node does not let us in: wrong password, missing user, missing right. */
export class LoginRefusedError extends Error {
  constructor(target: NodeTarget, cause: Error) {
    super(`Redis at ${target.host}:${target.port} refuses the login: ${cause.message}`, { cause });
    this.name = 'LoginRefusedError';
  }
}

/** No connection, or no answer in time. */
export class NodeSilentError extends Error {
  constructor(target: NodeTarget, reason: string, cause?: unknown) {
    super(`Redis at ${target.host}:${target.port} does not answer: ${reason}`, { cause });
    this.name = 'NodeSilentError';
  }
}

const defaultTimeoutMs = 2000;
/** A connection that nobody used for so long is closed. */
const idleMs = 90_000;

interface Connection {
  readonly redis: Redis;
  readonly ready: Promise<void>;
  idleTimer: NodeJS.Timeout;
}

const connections = new Map<string, Connection>();

/**
 * Sends all commands at once and answers their replies in the same order; a command that failed answers its `Error`.
 * Rejects with `LoginRefusedError` or `NodeSilentError`; after the latter nothing is known of what was executed.
 */
export async function converse(
  target: NodeTarget,
  login: Login,
  commands: readonly Command[],
  options: ConversationOptions,
): Promise<readonly Reply[]> {
  const key = connectionKey(target, login);
  const connection = connections.get(key) ?? connect(key, target, login);
  const talk = async () => {
    await connection.ready;
    return Promise.all(commands.map((command) => send(connection.redis, command, options.binary === true)));
  };
  try {
    const replies = await withDeadline(talk(), target, options);
    const broken = replies.find((reply) => isConnectionError(reply));
    if (broken !== undefined) {
      throw new NodeSilentError(target, messageOf(broken), broken);
    }
    connection.idleTimer.refresh();
    return replies;
  } catch (error) {
    drop(key, connection);
    throw error;
  }
}

/** Closes what is open: for the end of the process and of tests. */
export function closeConnections(): void {
  for (const [key, connection] of connections) {
    drop(key, connection);
  }
}

function connect(key: string, target: NodeTarget, login: Login): Connection {
  const redis = new Redis({
    host: target.host,
    port: target.port,
    protocol: 2,
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: defaultTimeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  const failure: Failure = { message: 'the connection was closed' };
  // ioredis tells why a connection failed only here; its promises just say that it is closed.
  redis.on('error', (error: Error) => {
    failure.message = error.message;
  });
  const connection = {
    redis,
    ready: open(redis, target, login, failure),
    idleTimer: setTimeout(() => drop(key, connection), idleMs),
  };
  connection.idleTimer.unref();
  // The conversation that opened it awaits the same promise; this keeps a rejection after its deadline quiet.
  connection.ready.catch(() => {});
  redis.once('end', () => drop(key, connection));
  connections.set(key, connection);
  return connection;
}

interface Failure {
  message: string;
}

async function open(redis: Redis, target: NodeTarget, login: Login, failure: Failure): Promise<void> {
  try {
    await redis.connect();
  } catch (error) {
    throw new NodeSilentError(target, failure.message, error);
  }
  // An idle connection must not keep a process alive that is done; a conversation has a timer that does.
  redis.stream.unref();
  const refusal = await send(redis, ['AUTH', login.username, login.password], false);
  if (refusal instanceof Error) {
    throw isConnectionError(refusal)
      ? new NodeSilentError(target, refusal.message, refusal)
      : new LoginRefusedError(target, refusal);
  }
}

async function send(redis: Redis, [name = '', ...args]: Command, binary: boolean): Promise<Reply> {
  try {
    return await (binary ? redis.callBuffer(String(name), ...args) : redis.call(String(name), ...args));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function drop(key: string, connection: Connection): void {
  clearTimeout(connection.idleTimer);
  if (connections.get(key) === connection) {
    connections.delete(key);
  }
  // One that has ended would get a timer that keeps it for two more seconds: all nodes of all stacks, when a network is away.
  if (connection.redis.status !== 'end') {
    connection.redis.disconnect();
  }
}

async function withDeadline<T>(work: Promise<T>, target: NodeTarget, options: ConversationOptions): Promise<T> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new NodeSilentError(target, 'the pass was stopped'));
  const timer = setTimeout(() => reject(new NodeSilentError(target, `no answer in ${timeoutMs} ms`)), timeoutMs);
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

/** An error of the connection, not an answer of the server. */
function isConnectionError(reply: Reply): reply is Error {
  return reply instanceof Error && reply.name !== 'ReplyError';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The password is part of the key: after a rotation the old connection must not be used with the new one. */
function connectionKey(target: NodeTarget, login: Login): string {
  const secret = createHash('sha256').update(`${login.username}\0${login.password}`).digest('base64url');
  return `${target.key} ${target.host}:${target.port} ${secret}`;
}
