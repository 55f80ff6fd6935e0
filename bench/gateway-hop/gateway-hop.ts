import { startRedisCluster } from '#lab/stores/redis.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { closedLoop, repeat } from '../harness/closed-loop.ts';
import { descendantsMeter } from '../harness/descendants.ts';
import { type Comparison, cpuMsPerOperation, interleave, msPerOperation, valuesOf } from '../harness/interleave.ts';
import { meterOf, ownMeter } from '../harness/process-cpu.ts';
import { describeNoise, notInQuickRuns, ratio, type Section } from '../harness/report.ts';
import { median, pairRatios } from '../harness/statistics.ts';
import { openLoad } from '../rig/shop/http-load.ts';
import { startNode } from '../rig/shop/node-program.ts';
import { startService } from '../rig/shop/service-program.ts';
import { createTokenSigner } from '../rig/shop/tokens.ts';

const inFlight = 16;
const sliceMs = 500;
/** Requests before the first slice: until code is compiled that is compiled when it is hot. */
const warmUp = 5_000;
/** Each has a token and an allowance of its own. */
const customers = 50;
const path = '/api/v1/products/lamp';

const ways = {
  gateway: 'gateway',
  plain: 'http-proxy',
  kept: 'http-proxy, connections kept',
  bare: 'node:http alone',
  none: 'no hop',
} as const;

/** What passing a request on costs, with everything that the gateway does on the way. */
export const gatewayHopBench: Bench = {
  name: 'gateway-hop',
  title: 'one request through the gateway',
  async run(options) {
    if (options.quick) {
      return notInQuickRuns(gatewayHopBench, 'its commands to Redis are counted by round-trips');
    }
    return toSection(await compare(options));
  },
};

async function compare({ rounds }: BenchOptions): Promise<Comparison> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.adopt(await startRedisCluster(), ({ close }) => close());
  const upstream = stack.use(await startNode({ name: 'the upstream', words: ['bench/gateway-hop/upstream.ts'] }));
  const hop = async (name: string, file: string, ...words: readonly string[]) => {
    const program = `bench/gateway-hop/${file}`;
    return stack.use(await startNode({ name, words: [program, String(upstream.ports.port), ...words] }));
  };
  const plain = await hop(ways.plain, 'http-proxy-hop.ts');
  const kept = await hop(ways.kept, 'http-proxy-hop.ts', 'keep-alive');
  const bare = await hop(ways.bare, 'node-hop.ts');
  const signer = await createTokenSigner();
  const gateway = stack.use(
    await startService('gateway', {
      APP_REDIS_NODES: redis.nodeList,
      APP_REDIS_PASSWORD: redis.password,
      APP_IDENTITY_JWKS: signer.jwks,
      APP_UPSTREAM_PRODUCT: `http://127.0.0.1:${upstream.ports.port}`,
      // Counted as ever, and never used up.
      APP_RATE_LIMIT_CUSTOMER_READ: '10000000',
    }),
  );
  const tokens = await Promise.all(Array.from({ length: customers }, (_, index) => signer.sign(`customer-${index}`)));
  const local = ({ ports }: { readonly ports: { readonly port: number } }) => `http://127.0.0.1:${ports.port}`;
  const variants = [
    { name: ways.gateway, url: gateway.url },
    { name: ways.plain, url: local(plain) },
    { name: ways.kept, url: local(kept) },
    { name: ways.bare, url: local(bare) },
    { name: ways.none, url: local(upstream) },
  ].map(({ name, url }) => {
    const load = stack.use(openLoad(url, inFlight));
    let count = 0;
    const ask = () => {
      count += 1;
      return load.get(path, { authorization: `Bearer ${tokens[count % customers]}` });
    };
    return { name, ask, run: () => closedLoop(ask, { inFlight, durationMs: sliceMs }) };
  });
  const programs = { gateway, plain, kept, bare, none: upstream };
  const pids = Object.values(programs).map(({ pid }) => pid);
  const meters = [
    ...Object.entries(programs).map(([way, { pid }]) => meterOf(ways[way as keyof typeof ways], pid)), // the keys of `ways`
    ownMeter('bench'),
    descendantsMeter('Redis', pids),
  ];
  for (const { ask } of variants) {
    await repeat(ask, { inFlight, count: warmUp });
  }
  return await interleave(variants, { rounds, meters });
}

function toSection(comparison: Comparison): Section {
  const cpu = (name: string) => valuesOf(comparison, name, ({ cpuMs, operations }) => (cpuMs[name] ?? 0) / operations);
  const rates = (name: string) => valuesOf(comparison, name, (slice) => 1000 / msPerOperation(slice));
  const cpuRatio = (way: string) => pairRatios(cpu(ways.gateway), cpu(way));
  return {
    name: gatewayHopBench.name,
    title: gatewayHopBench.title,
    gates: [],
    ratios: [
      ratio(`CPU per request gateway / ${ways.plain}`, cpuRatio(ways.plain), comparison, {
        bound: 'at most',
        value: 0.6,
      }),
      ratio(`CPU per request gateway / ${ways.kept}`, cpuRatio(ways.kept), comparison),
      ratio(`CPU per request gateway / ${ways.bare}`, cpuRatio(ways.bare), comparison),
      ratio(
        `requests per second gateway / ${ways.bare}`,
        pairRatios(rates(ways.gateway), rates(ways.bare)),
        comparison,
      ),
    ],
    tables: [
      {
        title: `${comparison.rounds.length} slices of ${sliceMs} ms, ${inFlight} requests in flight; CPU in microseconds per request`,
        columns: ['way', 'requests/s', 'CPU of the hop', 'CPU of the upstream', 'CPU of Redis'],
        rows: Object.values(ways).map((name) => [
          name,
          median(rates(name)),
          name === ways.none ? '' : cpuMsPerOperation(comparison, name, name) * 1000,
          cpuMsPerOperation(comparison, name, ways.none) * 1000,
          cpuMsPerOperation(comparison, name, 'Redis') * 1000,
        ]),
      },
    ],
    notes: [
      describeNoise(comparison),
      'The gateway with everything on: a token that was verified before, an allowance in a Redis Cluster, circuit breaker, retries, deadline, internal identity, security headers, metrics, a log line.',
      'http-proxy as it comes makes a connection for each request; the second line gives it an agent that keeps them, which is how it should be run and the fair anchor.',
      'node:http: one request in, one out, both piped, connections kept. No program on it can be cheaper: it is the limit, not a proxy.',
    ],
  };
}
