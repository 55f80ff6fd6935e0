/**
 * Everything that can be checked on this machine: `npm run check`, then the tiers of tests, cheapest first.
 *
 *     npm run test:all [-- tier…]
 *
 * A tier that this machine cannot run is skipped with the reason; with CI=true that is a failure, as is every skipped
 * test. The last line is `N passed, N failed`, summed over the tiers.
 */
import { buildKubelab, findBuiltKubelab } from '../lab/assets/kubelab.ts';
import { silentProgress } from '../lab/progress.ts';
import { runScript, runTier, sinceStart } from './test-all/run-tier.ts';
import { closingLine, failureList, summaryTable, type TierResult, withoutSkips } from './test-all/summary.ts';
import { noTests } from './test-all/test-reader.ts';
import { needsKubernetes, type Tier, tiers } from './test-all/tiers.ts';

const isCi = process.env['CI'] === 'true';
const asked = process.argv.slice(2);
const known = tiers.map(({ name }) => name);
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  throw new Error(`no tier is named ${unknown.join(', ')}; there are ${known.join(', ')}`);
}
const chosen = tiers.filter(({ name }) => asked.length === 0 || asked.includes(name));

// Minutes the first time: it runs at low priority beside the tiers that do not need it.
const kubernetes = buildKubernetes(chosen);
const results: TierResult[] = [];
if (asked.length === 0) {
  heading('check');
  results.push(await runScript('check'));
}
for (const tier of chosen) {
  heading(tier.name);
  results.push(await runOrSkip(tier));
}
console.log(`\n${summaryTable(results)}\n`);
console.log(failureList(results));
console.log(closingLine(results));
process.exit(results.some(({ outcome }) => outcome === 'failed') ? 1 : 0);

async function runOrSkip(tier: Tier): Promise<TierResult> {
  const reason = await tier.missing();
  if (reason !== undefined) {
    console.log(`${isCi ? 'failed' : 'skipped'}: ${reason}`);
    return {
      name: tier.name,
      outcome: isCi ? 'failed' : 'skipped',
      counts: noTests,
      failures: [],
      durationMs: 0,
      reason,
    };
  }
  if (needsKubernetes(tier)) {
    await kubernetes;
  }
  const result = await runTier(tier);
  return isCi ? withoutSkips(result) : result;
}

/** A failed build is told by the tests that need it, which try again and say why. */
async function buildKubernetes(chosenTiers: readonly Tier[]): Promise<void> {
  const isNeeded = chosenTiers.some(needsKubernetes) && !process.env['KUBEBUILDER_ASSETS'];
  if (isNeeded && (await findBuiltKubelab()) === undefined) {
    console.log('building the Kubernetes programs (lab/kubelab) in the background');
    await buildKubelab(silentProgress).catch(() => undefined);
  }
}

function heading(name: string): void {
  console.log(`\n== ${name}  (${sinceStart()})`);
}
