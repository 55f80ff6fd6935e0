/** Passwords as Argon2id hashes, made by a few threads at a time. */
import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { Counter, Gauge, type Registry } from 'prom-client';
import { currentContext } from '#chassis/context.ts';
import { ProblemError } from '#chassis/problem.ts';
import { normalizePassword } from '../domain/password-policy.ts';
import { createBoundedQueue } from './bounded-queue.ts';
import { lowerHashingThreads } from './hashing-threads.ts';

export interface PasswordHasher {
  /** The hash as text, with its parameters and a salt of its own. */
  hash(password: string): Promise<string>;
  /**
   * Whether the hash is the password's. Without a hash the same work is done for nothing, so that the time of the answer
   * does not tell whether there was one.
   */
  verify(password: string, hash: string | undefined): Promise<boolean>;
  /** True when the hash was made with other parameters than new ones are. */
  isOutdated(hash: string): boolean;
}

export interface HashRules {
  readonly memoryKib: number;
  readonly passes: number;
  /** Hashes made at the same time: each takes a core and `memoryKib`. */
  readonly concurrency: number;
  /** Hashes that may wait for their turn. */
  readonly waiting: number;
}

interface Hash {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

const saltBytes = 16;
const tagBytes = 32;
const parallelism = 1;

const derive = promisify(argon2);

/**
 * Hashes at the same time: as many as wished, but one processor stays free. With both of two busy, the slowest hundredth of all other
 * requests took three times as long during a flood of sign-ins, with one of them twice as long, and four fifths of the hashes were made
 * (bench/login-storm).
 */
export function hashingConcurrency(wished: number, processors = availableParallelism()): number {
  return Math.max(1, Math.min(wished, processors - 1));
}

/** Throws `too-many-sign-ins` from `hash` and `verify` when too many wait already. */
export function createPasswordHasher(rules: HashRules, registry: Registry): PasswordHasher {
  const queue = createBoundedQueue({
    concurrency: rules.concurrency,
    waiting: rules.waiting,
    refuse: tooManySignIns,
  });
  const made = new Counter({
    name: 'password_hashes_total',
    help: 'Passwords that were hashed, for storing or for comparing.',
    registers: [registry],
  });
  observe(registry, queue.counts);
  let areThreadsLowered = false;
  const run = (password: string, hash: Omit<Hash, 'tag'>): Promise<Buffer> =>
    queue.run(async () => {
      assertAwaited();
      made.inc();
      const tag = derive('argon2id', toParameters(password, hash));
      // The first job has started all of them.
      if (!areThreadsLowered) lowerHashingThreads();
      areThreadsLowered = true;
      return tag;
    });
  const fresh = (): Omit<Hash, 'tag'> => ({ ...rules, parallelism, salt: randomBytes(saltBytes) });
  return {
    hash: async (password) => {
      const parameters = fresh();
      return formatHash({ ...parameters, tag: await run(password, parameters) });
    },
    verify: async (password, text) => {
      const hash = text === undefined ? undefined : parseHash(text);
      const tag = await run(password, hash ?? fresh());
      return hash !== undefined && timingSafeEqual(tag, hash.tag);
    },
    isOutdated: (text) => {
      const hash = parseHash(text);
      return hash.memoryKib !== rules.memoryKib || hash.passes !== rules.passes || hash.parallelism !== parallelism;
    },
  };
}

/** The answer to whoever finds the queue full. */
export function tooManySignIns(): ProblemError {
  return new ProblemError('too-many-sign-ins', undefined, { retryAfterSeconds: 1 });
}

/** Nobody waits any more for what came too late to its turn: under a flood that is most of the work. */
function assertAwaited(): void {
  const context = currentContext();
  if (context !== undefined && (context.cancelled !== undefined || context.remainingMs() <= 0))
    throw new ProblemError('deadline-exceeded', undefined, { retryAfterSeconds: 1 });
}

function toParameters(password: string, { memoryKib, passes, parallelism, salt }: Omit<Hash, 'tag'>): Argon2Parameters {
  const message = Buffer.from(normalizePassword(password));
  return { message, nonce: salt, parallelism, tagLength: tagBytes, memory: memoryKib, passes };
}

/** The PHC string format, which every Argon2 library reads. */
function formatHash({ memoryKib, passes, parallelism, salt, tag }: Hash): string {
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${encode(salt)}$${encode(tag)}`;
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}

function parseHash(text: string): Hash {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]{43})$/.exec(text);
  if (match === null) throw new Error('a stored password hash is not in the PHC format of Argon2id');
  const [, memory, passes, lanes, salt = '', tag = ''] = match;
  return {
    memoryKib: Number(memory),
    passes: Number(passes),
    parallelism: Number(lanes),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

function observe(registry: Registry, counts: () => { readonly running: number; readonly waiting: number }): void {
  new Gauge({
    name: 'password_hashes_in_progress',
    help: 'Passwords that are being hashed, and those that wait for their turn.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { running, waiting } = counts();
      this.set({ state: 'running' }, running);
      this.set({ state: 'waiting' }, waiting);
    },
  });
}
