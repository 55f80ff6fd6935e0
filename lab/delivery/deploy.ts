import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import { findPrograms } from '../assets/find-program.ts';
import { projectRoot } from '../images/directories.ts';
import type { Cluster, Progress, Published } from '../provider.ts';
import { diagnoseOperator, diagnoseStack } from './diagnose.ts';
import { findInPath } from './find-in-path.ts';
import { findHelm, installRelease } from './helm.ts';
import { gatewayPort, operatorName, operatorNamespace, shopNamespace } from './names.ts';
import { nextSteps } from './next-steps.ts';
import { applyStack, ensureNamespace, type Manifest } from './own-objects.ts';
import { type StackName, waitUntilReady } from './stack-wait.ts';
import { supplyImages } from './supply.ts';

/** How a stack is brought to a cluster. */
export interface DeployOptions {
  readonly progress: Progress;
  /** A manifest of one EcommerceStack, absolute or relative to the checkout; default `examples/minimal.yaml`. */
  readonly manifest?: string;
  /** Default `shop`; made when it is not there. */
  readonly namespace?: string;
  /** Where the gateway is published on 127.0.0.1, if that port is free; default 8080. */
  readonly localPort?: number;
  /** How long the stack may take to become Ready, milliseconds; default five minutes. */
  readonly timeoutMs?: number;
}

/** A stack that is Ready and reachable. */
export interface Deployment {
  readonly stack: StackName;
  /** Where the gateway answers on this machine. */
  readonly published: Published;
}

const operatorTimeoutSeconds = 120;

/**
 * Brings the checkout to a cluster: images, operator, the example's stack; waits until that is Ready and publishes its
 * gateway. Safe to run again: what is unchanged stays untouched. Fails with what the cluster says of itself.
 */
export async function deploy(cluster: Cluster, options: DeployOptions): Promise<Deployment> {
  const { progress } = options;
  const manifest = await readManifest(options.manifest ?? 'examples/minimal.yaml');
  const stack = { namespace: options.namespace ?? shopNamespace, name: manifest.name };
  await deployOperator(cluster, progress, manifest.version);
  await progress.step(`stack ${stack.namespace}/${stack.name}`, async (step) => {
    await ensureNamespace(cluster, stack.namespace);
    if (!(await applyStack(cluster, stack, manifest))) {
      progress.note(`${stack.namespace}/${stack.name} was not made by make up: it stays as it is`);
    }
    await explain(
      () => waitUntilReady(cluster, stack, step, options.timeoutMs ?? 300_000),
      () => diagnoseStack(cluster, stack),
    );
  });
  const gateway = { namespace: stack.namespace, name: `${stack.name}-gateway`, port: gatewayPort };
  const published = await cluster.publish(gateway, options.localPort ?? 8080);
  progress.note(nextSteps({ cluster, stack, published, kubectlDirectory: await kubectlDirectory() }));
  return { stack, published };
}

/** Builds and brings the images, installs or updates the operator, and waits until it is available. */
export async function deployOperator(cluster: Cluster, progress: Progress, version: string): Promise<void> {
  await ensureNamespace(cluster, operatorNamespace);
  const { values } = await supplyImages(cluster, { version }, progress);
  const helm = await findHelm(progress);
  await progress.step('install the operator', async (step) => {
    await installOperator(cluster, helm, values ?? {});
    step.detail('waiting for the resource EcommerceStack');
    await cluster.kubectl([
      'wait',
      '--for=condition=Established',
      'crd/ecommercestacks.ecommerce.stack',
      '--timeout=30s',
    ]);
    step.detail('waiting for its Deployment');
    await waitForOperator(cluster);
  });
}

/** Installs or updates the chart of this checkout; does not wait for what it started. */
export async function installOperator(cluster: Cluster, helm: string, values: object): Promise<void> {
  const chart = join(projectRoot, 'charts', operatorName);
  await installRelease(cluster, helm, { name: operatorName, namespace: operatorNamespace, chart, values });
}

/** Waits until the operator's Deployment runs its newest template; fails with its events and log. */
export async function waitForOperator(cluster: Cluster): Promise<void> {
  const rollout = ['rollout', 'status', `deployment/${operatorName}`, '-n', operatorNamespace];
  await explain(
    () =>
      cluster.kubectl([...rollout, `--timeout=${operatorTimeoutSeconds}s`]).catch(() => {
        throw new Error(`the operator is not available after ${operatorTimeoutSeconds} s`);
      }),
    () => diagnoseOperator(cluster, operatorNamespace),
  );
}

/** Where kubectl is, when a shell would not find it by itself. */
async function kubectlDirectory(): Promise<string | undefined> {
  return (await findInPath('kubectl')) === undefined ? dirname((await findPrograms(['kubectl'])).kubectl) : undefined;
}

/** Reads a manifest of one EcommerceStack, absolute or relative to the checkout. */
export async function readManifest(path: string): Promise<Manifest> {
  const absolute = isAbsolute(path) ? path : join(projectRoot, path);
  // `as`: only these fields are read, and checked below; the API server checks the rest.
  const object = parse(await readFile(absolute, 'utf8')) as Partial<{
    readonly kind: string;
    readonly metadata: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> };
    readonly spec: { readonly version?: string };
  }>;
  const { name } = object.metadata ?? {};
  const { version } = object.spec ?? {};
  if (object.kind !== 'EcommerceStack' || name === undefined || version === undefined) {
    throw new Error(`${absolute}: expected one EcommerceStack with metadata.name and spec.version`);
  }
  return { path: absolute, name, version, object };
}

/** Adds to a failure what the cluster says. */
async function explain<T>(work: () => Promise<T>, diagnosis: () => Promise<string>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}\n\n${await diagnosis()}`);
  }
}
