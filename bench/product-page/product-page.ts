import { call } from '#chassis/testing/service-under-test.ts';
import { startPostgres } from '#lab/stores/postgres.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { closedLoop, repeat } from '../harness/closed-loop.ts';
import { descendantsMeter } from '../harness/descendants.ts';
import { type Comparison, cpuMsPerOperation, interleave, msPerOperation, valuesOf } from '../harness/interleave.ts';
import { meterOf, ownMeter } from '../harness/process-cpu.ts';
import { describeNoise, notInQuickRuns, ratio, type Section } from '../harness/report.ts';
import { median, pairRatios } from '../harness/statistics.ts';
import { ok } from '../rig/shop/answers.ts';
import { addArticle } from '../rig/shop/articles.ts';
import { createServiceDatabase } from '../rig/shop/databases.ts';
import { openLoad } from '../rig/shop/http-load.ts';
import { startNode } from '../rig/shop/node-program.ts';
import { startService } from '../rig/shop/service-program.ts';

const inFlight = 16;
const sliceMs = 500;
/** Requests before the first slice: until code is compiled that is compiled when it is hot. */
const warmUp = 5_000;

/** The most asked page of the shop, against the same bytes from Koa and pg alone. */
export const productPageBench: Bench = {
  name: 'product-page',
  title: 'GET /api/v1/products/{slug}',
  async run(options) {
    if (options.quick) {
      return notInQuickRuns(productPageBench, 'its statements are counted by round-trips');
    }
    return toSection(await compare(options));
  },
};

async function compare({ rounds }: BenchOptions): Promise<Comparison> {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.adopt(await startPostgres(), ({ close }) => close());
  const product = stack.use(await startService('product', await createServiceDatabase(postgres, 'product')));
  const raw = stack.use(
    await startNode({
      name: 'the raw server',
      words: ['bench/product-page/raw-server.ts', postgres.url('product_db')],
    }),
  );
  const { slug } = await addArticle(product);
  const path = `/api/v1/products/${slug}`;
  const rawUrl = `http://127.0.0.1:${raw.ports.port}`;
  await assertSameBytes(path, product.url, rawUrl);
  const variants = [
    { name: 'ours', url: product.url },
    { name: 'raw', url: rawUrl },
  ].map(({ name, url }) => {
    const load = stack.use(openLoad(url, inFlight));
    const ask = () => load.get(path);
    return { name, ask, run: () => closedLoop(ask, { inFlight, durationMs: sliceMs }) };
  });
  const pids = [product.pid, raw.pid];
  const meters = [
    meterOf('ours', product.pid),
    meterOf('raw', raw.pid),
    ownMeter('bench'),
    descendantsMeter('PostgreSQL', pids),
  ];
  for (const { ask } of variants) {
    await repeat(ask, { inFlight, count: warmUp });
  }
  return await interleave(variants, { rounds, meters });
}

async function assertSameBytes(path: string, ...urls: readonly string[]): Promise<void> {
  const bodies = await Promise.all(urls.map(async (url) => (await ok(call(`${url}${path}`, 'GET'))).text));
  if (new Set(bodies).size !== 1) {
    throw new Error(`the answers differ: ${bodies.join(' and ')}`);
  }
}

function toSection(comparison: Comparison): Section {
  const cpu = (name: string) => valuesOf(comparison, name, ({ cpuMs, operations }) => (cpuMs[name] ?? 0) / operations);
  const rates = (name: string) => valuesOf(comparison, name, (slice) => 1000 / msPerOperation(slice));
  return {
    name: productPageBench.name,
    title: productPageBench.title,
    gates: [],
    ratios: [
      ratio('CPU per request raw / ours', pairRatios(cpu('raw'), cpu('ours')), comparison, {
        bound: 'at least',
        value: 0.6,
      }),
      ratio('requests per second ours / raw', pairRatios(rates('ours'), rates('raw')), comparison),
    ],
    tables: [
      {
        title: `${comparison.rounds.length} slices of ${sliceMs} ms, ${inFlight} requests in flight; CPU in microseconds per request`,
        columns: ['server', 'requests/s', 'CPU of the server', 'CPU of PostgreSQL'],
        rows: ['ours', 'raw'].map((name) => [
          name,
          median(rates(name)),
          cpuMsPerOperation(comparison, name, name) * 1000,
          cpuMsPerOperation(comparison, name, 'PostgreSQL') * 1000,
        ]),
      },
    ],
    notes: [
      describeNoise(comparison),
      'Raw: Koa and pg with the same statement, nothing else. Ours in addition: request id, deadline, route and its checks, log line, metrics, ETag, caching and security headers.',
    ],
  };
}
