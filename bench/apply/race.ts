import { type Comparison, interleave, type Variant } from '../harness/interleave.ts';
import { endedChildrenMeter, ownMeter } from '../harness/process-cpu.ts';
import { type Admin, openAdmin } from '../rig/admin.ts';
import { type EngineRig, startEngine } from '../rig/engine-rig.ts';
import { stackIn } from '../rig/manifests.ts';
import { type BenchServer, serverMeters } from '../rig/server.ts';
import { inNamespace } from './bodies.ts';
import { type Course, leaveCredentials } from './course.ts';
import { kubectlRacer, type Racer, rawRacer } from './racers.ts';
import { type Timeline, toTimeline } from './timeline.ts';

/** Name of the operator's own variant. */
export const ours = 'ours';

/** The two races over one course. */
export interface Races {
  readonly first: Comparison;
  readonly again: Comparison;
  /** Of ours in `first`, the round that warms up left out. */
  readonly timelines: readonly Timeline[];
}

/** Applies the course by every means: into fresh namespaces, and then unchanged into the last ones. */
export async function race(server: BenchServer, course: Course, rounds: number): Promise<Races> {
  await using admin = await openAdmin(server.kubeconfigPath);
  await using kubectl = kubectlRacer(server);
  await using raw = await rawRacer(server);
  const own = new OwnRunner(server, course, admin);
  await using _own = own;
  const runners = [own, new RacerRunner(kubectl, course, admin), new RacerRunner(raw, course, admin)];
  const meters = [ownMeter('client'), endedChildrenMeter('kubectl'), ...serverMeters(server)];
  const first = await interleave(runners.map(firstVariant), { rounds, meters });
  return {
    first,
    timelines: own.timelines.slice(1),
    again: await interleave(runners.map(againVariant), { rounds, meters }),
  };
}

/** One way to apply the course. */
interface Runner {
  readonly name: string;
  /** A fresh namespace and all that can be done beforehand. */
  prepare(): Promise<void>;
  /** Applies all and gives the time it took, milliseconds. */
  first(): Promise<number>;
  again(): Promise<void>;
  /** Rejects when the server does not hold what was applied. */
  check(): Promise<void>;
}

function firstVariant(runner: Runner): Variant {
  return {
    name: runner.name,
    prepare: () => runner.prepare(),
    run: async () => ({ operations: 1, wallMs: await runner.first() }),
    check: () => runner.check(),
  };
}

function againVariant(runner: Runner): Variant {
  return {
    name: runner.name,
    run: async () => {
      await runner.again();
      return 1;
    },
    check: () => runner.check(),
  };
}

let namespaces = 0;

async function freshNamespace(admin: Admin): Promise<string> {
  namespaces += 1;
  const name = `race-${namespaces}`;
  await admin.createNamespace(name);
  return name;
}

async function assertObjects(admin: Admin, namespace: string, wanted: number): Promise<void> {
  const found = await admin.countObjects(namespace);
  if (found !== wanted) {
    throw new Error(`namespace ${namespace} holds ${found} objects, applied were ${wanted}`);
  }
}

class RacerRunner implements Runner {
  readonly name: string;
  readonly #racer: Racer;
  readonly #course: Course;
  readonly #admin: Admin;
  #namespace = '';
  #apply: () => Promise<void> = () => Promise.reject(new Error('prepare first'));

  constructor(racer: Racer, course: Course, admin: Admin) {
    this.name = racer.name;
    this.#racer = racer;
    this.#course = course;
    this.#admin = admin;
  }

  async prepare(): Promise<void> {
    this.#namespace = await freshNamespace(this.#admin);
    this.#apply = await this.#racer.ready(inNamespace(this.#course.children, this.#namespace));
  }

  async first(): Promise<number> {
    const startedAt = performance.now();
    await this.#apply();
    return performance.now() - startedAt;
  }

  again(): Promise<void> {
    return this.#apply();
  }

  check(): Promise<void> {
    return assertObjects(this.#admin, this.#namespace, this.#course.children.length);
  }
}

/** The engine with its caches; from the accepted stack to the last acknowledged child. */
class OwnRunner implements Runner, AsyncDisposable {
  readonly name = ours;
  readonly timelines: Timeline[] = [];
  readonly #server: BenchServer;
  readonly #course: Course;
  readonly #admin: Admin;
  #namespace = '';
  #rig: EngineRig | undefined;

  constructor(server: BenchServer, course: Course, admin: Admin) {
    this.#server = server;
    this.#course = course;
    this.#admin = admin;
  }

  async prepare(): Promise<void> {
    await this.#rig?.[Symbol.asyncDispose]();
    this.#namespace = await freshNamespace(this.#admin);
    await leaveCredentials(this.#admin, this.#course.credentials, this.#namespace);
    this.#rig = await startEngine({
      kubeconfig: this.#server.kubeconfigPath,
      namespace: this.#namespace,
      components: this.#course.components,
    });
    await this.#rig.warmUp();
  }

  async first(): Promise<number> {
    const rig = this.#engine();
    const { key, acceptedAt, seenAt } = await rig.post(stackIn(this.#course.stack, this.#namespace));
    await rig.reconcile(key);
    const timeline = toTimeline({ acceptedAt, seenAt, endedAt: performance.now(), applied: rig.applied });
    this.timelines.push(timeline);
    return timeline.lastChild;
  }

  async again(): Promise<void> {
    await this.#engine().reconcile(`${this.#namespace}/shop`);
  }

  check(): Promise<void> {
    const { children, credentials } = this.#course;
    return assertObjects(this.#admin, this.#namespace, children.length + credentials.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rig?.[Symbol.asyncDispose]();
  }

  #engine(): EngineRig {
    if (this.#rig === undefined) {
      throw new Error('prepare first');
    }
    return this.#rig;
  }
}
