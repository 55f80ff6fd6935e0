import { readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { Registry } from 'prom-client';
import { fixed } from '#chassis/config/live.ts';
import { RequestContext, runInContext } from '#chassis/context.ts';
import { createAddressDigest } from './address-digest.ts';
import { createBoundedQueue } from './bounded-queue.ts';
import { hashingNice } from './hashing-threads.ts';
import { createOpaqueToken, digestToken, opaqueTokenPattern } from './opaque-token.ts';
import { createPasswordHasher, hashingConcurrency } from './password-hasher.ts';

test('a queue runs as many jobs as it may, lets some wait in order and refuses the rest at once', async (t) => {
  const queue = createBoundedQueue({ concurrency: 2, waiting: 2, refuse: () => new Error('full') });
  const order: number[] = [];
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const jobs = gates.map((gate, index) =>
    queue.run(async () => {
      order.push(index);
      await gate.promise;
      if (index === 1) throw new Error('failed');
      return index;
    }),
  );
  await t.throwsAsync(
    queue.run(async () => 'never'),
    { message: 'full' },
  );
  t.deepEqual(queue.counts(), { running: 2, waiting: 2 });
  t.deepEqual(order, [0, 1]);
  gates[1]?.resolve();
  await t.throwsAsync(() => jobs[1] ?? Promise.resolve(), { message: 'failed' });
  await turn();
  t.deepEqual(order, [0, 1, 2], 'a failed job leaves its place as well');
  for (const gate of gates) gate.resolve();
  t.deepEqual(await Promise.all([jobs[0], jobs[2], jobs[3]]), [0, 2, 3]);
  t.deepEqual(queue.counts(), { running: 0, waiting: 0 });
  t.is(await queue.run(async () => 'again'), 'again');
});

const rules = { memoryKib: 19_456, passes: 2, concurrency: 2, waiting: 4 };

test('a hash fits its password only, in any spelling, and knows its parameters', async (t) => {
  const hasher = createPasswordHasher(rules, new Registry());
  const hash = await hasher.hash('Ångström');
  t.true(await hasher.verify('A\u030angstro\u0308m', hash));
  t.false(await hasher.verify('ångström', hash));
  t.false(await hasher.verify('Ångström', undefined));
  t.not(await hasher.hash('Ångström'), hash);
  t.false(hasher.isOutdated(hash));
  const newer = createPasswordHasher({ ...rules, passes: 3 }, new Registry());
  t.true(newer.isOutdated(hash));
  t.true(await newer.verify('Ångström', hash));
  t.throws(() => hasher.isOutdated('$2b$12$something'), { message: /PHC/ });
});

test('a hash of another library is understood', async (t) => {
  // From the reference implementation: argon2 'somesalt' -id -t 2 -m 16 -p 1 -l 32, password "password".
  const hash = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  t.true(await createPasswordHasher(rules, new Registry()).verify('password', hash));
});

test('nothing is hashed for a caller that has gone or whose time is over', async (t) => {
  const registry = new Registry();
  const hasher = createPasswordHasher(rules, registry);
  const gone = new RequestContext('request-1', undefined, performance.now());
  gone.cancel(new Error('gone'));
  const late = new RequestContext('request-2', undefined, performance.now());
  late.limitTime(-1);
  for (const context of [gone, late])
    await t.throwsAsync(
      runInContext(context, () => hasher.hash('password')),
      { message: /time/i },
    );
  t.is((await registry.getSingleMetric('password_hashes_total')?.get())?.values[0]?.value, 0);
});

test('tokens are 256 random bits, looked up by a digest', (t) => {
  const tokens = Array.from({ length: 100 }, createOpaqueToken);
  t.is(new Set(tokens.map(({ text }) => text)).size, 100);
  for (const { text, digest } of tokens) {
    t.regex(text, opaqueTokenPattern);
    t.is(Buffer.from(text, 'base64url').length, 32);
    t.deepEqual(digestToken(text), digest);
  }
});

test('digests of network addresses compare under one key and are worth nothing under another', (t) => {
  const [one, same, other] = ['a', 'a', 'b'].map((key) => createAddressDigest(fixed([key.repeat(32)])));
  t.is(one?.('203.0.113.1'), same?.('203.0.113.1'));
  t.not(one?.('203.0.113.1'), one?.('203.0.113.2'));
  t.not(one?.('203.0.113.1'), other?.('203.0.113.1'));
});

test('hashing gives way to what answers requests', async (t) => {
  if (platform() !== 'linux') {
    t.pass('threads have no priorities of their own here');
    return;
  }
  const nice = (thread: number | string) =>
    Number(readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ')[1]?.split(' ')[16]);
  const own = nice(process.pid);
  const hasher = createPasswordHasher({ memoryKib: 19_456, passes: 2, concurrency: 1, waiting: 1 }, new Registry());
  await hasher.hash('violet harbour lantern');
  const workers = readdirSync('/proc/self/task').filter(
    (thread) => readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim() === 'libuv-worker',
  );
  t.true(workers.length > 0);
  t.deepEqual(
    workers.map(nice),
    workers.map(() => hashingNice),
  );
  t.is(nice(process.pid), own);
});

test('hashes leave one processor to all other requests, and there is always one at a time', (t) => {
  const at = (processors: number) => hashingConcurrency(2, processors);
  t.deepEqual([1, 2, 3, 8].map(at), [1, 1, 2, 2]);
});
