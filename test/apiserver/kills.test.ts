import { randomInt } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { AuditFollower } from '../../lab/control-plane/audit.ts';
import { waitFor } from '../../lab/control-plane/wait.ts';
import type { EcommerceStackSpec } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { differencesOf, type EndState, readEndState } from '../support/end-state.ts';
import { isCall, OperatorRig } from '../support/operator-rig.ts';
import { aManifest, apply, createNamespace, getStack } from '../support/stacks.ts';

/** `SEED=… TIER=apiserver ava test/apiserver/kills.test.ts` lives through the same deaths again. */
const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
/** An operator writes at most this often before it is killed; 0: it dies when its caches are full. */
const mostWrites = 6;
/** An operator that has asked nothing for so long has nothing to do. */
const quietMs = 2_000;
/** Fewer deaths than this and the test says nothing. */
const leastKills = 8;

/** Built, enlarged, and made smaller again: creates, changes and prunes. */
const life: readonly Partial<EcommerceStackSpec>[] = [
  {},
  {
    postgres: { readReplicas: 1, parameters: { work_mem: '8MB' } },
    services: {
      gateway: { env: { APP_LOG_LEVEL: 'debug' }, autoscaling: { enabled: false }, replicas: 2 },
      product: { autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 4 } },
    },
  },
  {
    services: {
      gateway: { replicas: 3, autoscaling: { enabled: false } },
      product: { enabled: false },
      cart: { enabled: false },
      search: { enabled: false },
    },
  },
];

test(`an operator killed at random leaves what an undisturbed one does (SEED=${seed})`, async (t) => {
  const rig = await OperatorRig.start();
  t.teardown(() => rig.stop());
  const deaths = fc.sample(fc.integer({ min: 0, max: mostWrites }), { seed, numRuns: 500 }).values();
  const [wanted, { states, kills }] = await Promise.all([
    liveUndisturbed(rig, t, 'undisturbed'),
    liveAndDie(rig, t, 'killed', deaths),
  ]);
  t.log(`SEED=${seed}: ${kills.length} operators were killed, after ${kills.join(', ')} writes`);
  t.true(kills.length >= leastKills, `only ${kills.length} kills say nothing`);
  for (const [index, undisturbed] of wanted.entries()) {
    t.deepEqual(differencesOf({ undisturbed, killed: states[index] ?? [] }), [], `after manifest ${index + 1}`);
  }
  t.deepEqual(await writesOfANewOperator(rig, t, 'killed'), []);
});

/** One operator for all manifests; gives what there is after each. */
async function liveUndisturbed(rig: OperatorRig, t: ExecutionContext, namespace: string): Promise<readonly EndState[]> {
  await createNamespace(rig.server, namespace);
  const operator = await rig.operate(t, namespace);
  const states: EndState[] = [];
  for (const spec of life) {
    const log = rig.server.followAudit();
    await apply(rig.server, aManifest(namespace, 'shop', spec));
    await watchWrites(rig, log, namespace, Number.POSITIVE_INFINITY);
    states.push(await readEndState(rig.server, namespace));
  }
  await operator.kill();
  return states;
}

interface LifeAndDeath {
  /** After each manifest. */
  readonly states: readonly EndState[];
  /** How many writes each operator had done when it was killed. */
  readonly kills: readonly number[];
}

/** The same manifests; `deaths` tells after how many writes the next operator is killed. */
async function liveAndDie(
  rig: OperatorRig,
  t: ExecutionContext,
  namespace: string,
  deaths: Iterator<number>,
): Promise<LifeAndDeath> {
  await createNamespace(rig.server, namespace);
  const states: EndState[] = [];
  const kills: number[] = [];
  for (const spec of life) {
    await apply(rig.server, aManifest(namespace, 'shop', spec));
    for (let isDone = false; !isDone; ) {
      const log = rig.server.followAudit();
      await log.next();
      const operator = await rig.operate(t, namespace);
      const outcome = await watchWrites(rig, log, namespace, deaths.next().value ?? 0);
      await operator.kill();
      isDone = outcome.isDone;
      kills.push(...(isDone ? [] : [outcome.writes]));
    }
    states.push(await readEndState(rig.server, namespace));
  }
  return { states, kills };
}

/** Resolves when an operator has written so often, or has nothing left to do. */
function watchWrites(
  rig: OperatorRig,
  log: AuditFollower,
  namespace: string,
  enough: number,
): Promise<{ readonly writes: number; readonly isDone: boolean }> {
  let writes = 0;
  let quietSinceMs = performance.now();
  const look = async () => {
    const calls = (await log.next()).filter((event) => isCall(event, namespace));
    writes += calls.filter(({ verb }) => !isRead(verb)).length;
    if (calls.length > 0) {
      quietSinceMs = performance.now();
    }
    if (writes >= enough) {
      return { writes, isDone: false };
    }
    if (performance.now() - quietSinceMs < quietMs) {
      return undefined;
    }
    quietSinceMs = performance.now();
    return (await isObserved(rig, namespace)) && { writes, isDone: true };
  };
  return waitFor('the operator is killed or done', look, { timeoutMs: 120_000, intervalMs: 2 });
}

async function isObserved(rig: OperatorRig, namespace: string): Promise<boolean> {
  const { metadata, status } = await getStack(rig.server, namespace, 'shop');
  return status?.observedGeneration === metadata.generation && (status?.components?.length ?? 0) > 2;
}

/** An operator that remembers nothing compares every object with what it would apply. */
async function writesOfANewOperator(
  rig: OperatorRig,
  t: ExecutionContext,
  namespace: string,
): Promise<readonly string[]> {
  const before = (await rig.requestsOf(namespace)).length;
  const operator = await rig.operate(t, namespace);
  await waitFor('a pass', async () => operator.logs.some(({ msg }) => msg === 'pass done'), { timeoutMs: 30_000 });
  await rig.quiet(namespace);
  await operator.kill();
  return (await rig.requestsOf(namespace)).slice(before).filter((one) => !/^(list|get) /.test(one));
}

function isRead(verb: string): boolean {
  return verb === 'get' || verb === 'list';
}
