import { jwtVerify } from 'jose';
import { fixed } from '../../services/chassis/config/live.ts';
import { type AccessTokens, createAccessTokens } from '../../services/gateway/identity/access-tokens.ts';
import { createVerificationKeys } from '../../services/gateway/identity/verification-keys.ts';
import { publicKeySetSchema } from '../../services/gateway/settings.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { type Comparison, interleave, msPerOperation, valuesOf } from '../harness/interleave.ts';
import { ownMeter } from '../harness/process-cpu.ts';
import { describeNoise, notInQuickRuns, ratio, type Section } from '../harness/report.ts';
import { median, pairRatios, quantile } from '../harness/statistics.ts';
import { createTokenSigner } from '../rig/shop/tokens.ts';

/** Tokens that are in use at the same time. */
const known = 1_000;
/** Checks of one slice. */
const checks = 20_000;
/** Tokens of one slice that nobody has seen before. */
const fresh = 200;

/** Microseconds at p50, on a machine that does nothing else. */
const targetUs = 5;

/** What the gateway pays to learn who asks. */
export const tokenCheckBench: Bench = {
  name: 'token-check',
  title: 'checking an access token',
  async run(options) {
    if (options.quick) {
      return notInQuickRuns(tokenCheckBench, 'it has no counts');
    }
    return toSection(await compare(options));
  },
};

/** Microseconds of single checks. */
type Samples = Readonly<Record<'known' | 'new' | 'jose', number[]>>;

async function compare({ rounds }: BenchOptions): Promise<{ comparison: Comparison; samples: Samples }> {
  const signer = await createTokenSigner();
  const keySet = publicKeySetSchema.parse(JSON.parse(signer.jwks));
  const keys = createVerificationKeys({
    configured: fixed(keySet),
    load: undefined,
    now: () => performance.now(),
    onKeyGone: () => undefined,
  });
  const ended = new Set(['another session']);
  const rules = { issuer: 'ecommerce-stack', audience: 'shop', now: Date.now };
  const tokens = createAccessTokens({ ...rules, keys, ended });
  const familiar = await Promise.all(
    Array.from({ length: known }, (_, index) => signer.sign(`customer-${index}`, `session-${index}`)),
  );
  const samples: Samples = { known: [], new: [], jose: [] };
  const [key] = keys.candidates('bench');
  if (key === undefined) {
    throw new Error('the key of the bench is not known');
  }
  let strangers: readonly string[] = [];
  const makeStrangers = async () => {
    strangers = await Promise.all(Array.from({ length: fresh }, (_, index) => signer.sign(`stranger-${index}`)));
  };
  const { issuer, audience } = rules;
  const comparison = await interleave(
    [
      { name: 'known', run: () => time(samples.known, repeated(familiar, checks), (token) => check(tokens, token)) },
      { name: 'new', prepare: makeStrangers, run: () => time(samples.new, strangers, (token) => check(tokens, token)) },
      {
        name: 'jose',
        prepare: makeStrangers,
        run: () => time(samples.jose, strangers, (token) => jwtVerify(token, key, { issuer, audience })),
      },
    ],
    { rounds, meters: [ownMeter('bench')] },
  );
  return { comparison, samples };
}

async function check(tokens: AccessTokens, token: string): Promise<void> {
  const { subject } = await tokens.verify(token);
  if (subject === '') {
    throw new Error('the token has no subject');
  }
}

function* repeated(tokens: readonly string[], count: number): Iterable<string> {
  for (let index = 0; index < count; index += 1) {
    yield tokens[index % tokens.length] ?? '';
  }
}

/** One after the other, each with its own time. */
async function time(
  samples: number[],
  tokens: Iterable<string>,
  verify: (token: string) => Promise<unknown>,
): Promise<number> {
  let operations = 0;
  for (const token of tokens) {
    const begun = performance.now();
    await verify(token);
    samples.push((performance.now() - begun) * 1000);
    operations += 1;
  }
  return operations;
}

function toSection({ comparison, samples }: Awaited<ReturnType<typeof compare>>): Section {
  const times = (name: string) => valuesOf(comparison, name, msPerOperation);
  return {
    name: tokenCheckBench.name,
    title: tokenCheckBench.title,
    gates: [],
    ratios: [ratio('time known / new', pairRatios(times('known'), times('new')), comparison)],
    tables: [
      {
        title: `Microseconds of one check; ${known} known tokens, ${fresh} new ones a slice`,
        columns: ['token', 'p50', 'p90', 'p99', 'mean', 'target of p50'],
        rows: (['known', 'new', 'jose'] as const).map((name) => [
          name === 'jose' ? 'new, jose alone' : name,
          ...[0.5, 0.9, 0.99].map((at) => quantile(samples[name], at)),
          median(times(name)) * 1000,
          name === 'known' ? targetUs : '',
        ]),
      },
    ],
    notes: [
      describeNoise(comparison),
      'RS256 with a key of 2048 bits; each session is looked up among those that have ended.',
    ],
  };
}
