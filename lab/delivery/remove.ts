import type { Cluster, Progress, Step } from '../provider.ts';
import { findHelm, findRelease, removeRelease } from './helm.ts';
import { operatorName, operatorNamespace } from './names.ts';
import { isOwn, ownSelector, stackResource } from './own-objects.ts';
import type { StackName } from './stack-wait.ts';

/** The longest that the operator takes over the data of a stack, five minutes, and some more. */
const stackTimeout = '400s';
const namespaceTimeout = '300s';
/** What outlives a stack by its policy, see docs/adr/0009-retained-data.md. */
const retained = 'ecommerce.stack/retention=data';
const crd = `customresourcedefinitions.apiextensions.k8s.io/${stackResource}`;

interface LiveStack extends StackName {
  readonly isOwn: boolean;
}

/**
 * Removes from somebody else's cluster what `up` made there and nothing else, and tells what was left and how to remove
 * that. Safe to run again, also where nothing is left and where the operator never was.
 */
export async function removeDeployment(cluster: Cluster, progress: Progress): Promise<void> {
  const left = await progress.step(`remove the shop from ${cluster.name}`, async (step) => {
    // The operator must still run while stacks are deleted: it is what cleans up after them.
    const removed = await removeStacks(cluster, step);
    const foreign = (await listStacks(cluster)).filter((stack) => !stack.isOwn);
    return [
      ...(await removeNamespaces(cluster, foreign, step)),
      // Asked for after the namespaces went, and the data in them.
      ...(await describeData(cluster, removed)),
      ...(await removeOperator(cluster, foreign, progress)),
      ...(await describeCrd(cluster)),
    ];
  });
  if (left.length > 0) {
    progress.note(['left in place:', ...left.map((line) => `  ${line}`)].join('\n'));
  }
}

async function removeStacks(cluster: Cluster, step: Step): Promise<readonly StackName[]> {
  const own = (await listStacks(cluster)).filter((stack) => stack.isOwn);
  for (const { namespace, name } of own) {
    step.detail(`the stack ${namespace}/${name}`);
    // By label as well: what somebody put in its place in the meantime is not ours.
    const byName = ['-n', namespace, '-l', ownSelector, `--field-selector=metadata.name=${name}`];
    await cluster.kubectl(['delete', stackResource, ...byName, `--timeout=${stackTimeout}`]).catch((cause: unknown) => {
      const message = `the stack ${namespace}/${name} is not gone; the operator has to run while it goes: make logs`;
      throw new Error(message, { cause });
    });
  }
  return own;
}

async function listStacks(cluster: Cluster): Promise<readonly LiveStack[]> {
  if (!(await exists(cluster, crd))) {
    return [];
  }
  // `as`: a list as kubectl prints it.
  const { items } = JSON.parse(await cluster.kubectl(['get', stackResource, '-A', '-o', 'json'])) as {
    readonly items: readonly {
      readonly metadata: StackName & { readonly labels?: Readonly<Record<string, string>> };
    }[];
  };
  return items.map(({ metadata: { namespace, name, labels } }) => ({ namespace, name, isOwn: isOwn(labels) }));
}

/** All of ours but the operator's, which goes last. */
async function removeNamespaces(
  cluster: Cluster,
  foreign: readonly StackName[],
  step: Step,
): Promise<readonly string[]> {
  const list = await cluster.kubectl(['get', 'namespaces', '-l', ownSelector, '-o', 'name']);
  const names = list.split('\n').map((line) => line.replace('namespace/', ''));
  const left: string[] = [];
  for (const namespace of names.filter((name) => name !== '' && name !== operatorNamespace)) {
    const stacks = foreign.filter((stack) => stack.namespace === namespace);
    if (stacks.length > 0) {
      left.push(`namespace ${namespace}: ${named(stacks)} in it was not made by make up`);
    } else {
      step.detail(`the namespace ${namespace}`);
      await removeNamespace(cluster, namespace);
    }
  }
  return left;
}

async function removeNamespace(cluster: Cluster, name: string): Promise<void> {
  await cluster.kubectl([
    'delete',
    'namespace',
    '-l',
    ownSelector,
    `--field-selector=metadata.name=${name}`,
    `--timeout=${namespaceTimeout}`,
  ]);
}

/** Data of removed stacks in namespaces that are still there. */
async function describeData(cluster: Cluster, stacks: readonly StackName[]): Promise<readonly string[]> {
  const left: string[] = [];
  for (const { namespace, name } of stacks) {
    const selection = ['pvc,secret', '-n', namespace, '-l', `ecommerce.stack/stack=${name},${retained}`];
    const objects = (await cluster.kubectl(['get', ...selection, '-o', 'name'])).split('\n').filter(Boolean);
    if (objects.length > 0) {
      const remove = `kubectl delete ${selection.join(' ')}`;
      left.push(
        `data of ${namespace}/${name}, for a stack of the same name (${objects.join(', ')}); gone with: ${remove}`,
      );
    }
  }
  return left;
}

async function removeOperator(
  cluster: Cluster,
  foreign: readonly StackName[],
  progress: Progress,
): Promise<readonly string[]> {
  const release = await findRelease(cluster, operatorName, operatorNamespace);
  const title = `release ${operatorName} in the namespace ${operatorNamespace}`;
  if (release === 'foreign') {
    return [`${title}: it was not installed by make up`];
  }
  if (foreign.length > 0) {
    return release === 'own' ? [`${title}: the operator still serves ${named(foreign)}`] : [];
  }
  if (release === 'own') {
    await removeRelease(cluster, await findHelm(progress), operatorName, operatorNamespace);
  }
  await removeNamespace(cluster, operatorNamespace);
  return [];
}

/** Its removal would delete every stack at once, so it is a person's to decide; the chart keeps it as well. */
async function describeCrd(cluster: Cluster): Promise<readonly string[]> {
  return (await exists(cluster, crd))
    ? [`the definition of EcommerceStack, and with it any stack; gone with: kubectl delete crd ${stackResource}`]
    : [];
}

async function exists(cluster: Cluster, object: string): Promise<boolean> {
  return (await cluster.kubectl(['get', object, '--ignore-not-found', '-o', 'name'])) !== '';
}

function named(stacks: readonly StackName[]): string {
  return stacks.map(({ namespace, name }) => `the stack ${namespace}/${name}`).join(', ');
}
