import type { Cluster } from '../provider.ts';
import type { StackName } from './stack-wait.ts';

const shownEvents = 15;
const shownLogLines = 20;

interface PodList {
  readonly items: readonly Pod[];
}

/** The fields of a Pod that tell whether it is in trouble. */
export interface Pod {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly ready?: boolean;
      readonly restartCount?: number;
    }[];
  };
}

/** What a person needs to see why a stack is not Ready: its conditions, recent events, and logs of the pods in trouble. */
export async function diagnoseStack(cluster: Cluster, { namespace, name }: StackName): Promise<string> {
  const stack = ['get', 'ecommercestacks.ecommerce.stack', name, '-n', namespace];
  const conditions = 'jsonpath={range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\\n"}{end}';
  const sections = [
    section('Conditions', await attempt(cluster, [...stack, '-o', conditions])),
    section('Events', lastLines(await attempt(cluster, ['events', '-n', namespace]), shownEvents)),
    section('Pods', await attempt(cluster, ['get', 'pods', '-n', namespace, '-o', 'wide'])),
    ...(await troubleLogs(cluster, namespace)),
  ];
  return sections.join('\n');
}

/** Why the operator itself does not become available. */
export async function diagnoseOperator(cluster: Cluster, namespace: string): Promise<string> {
  const sections = [
    section('Pods', await attempt(cluster, ['get', 'pods', '-n', namespace, '-o', 'wide'])),
    section('Events', lastLines(await attempt(cluster, ['events', '-n', namespace]), shownEvents)),
    ...(await troubleLogs(cluster, namespace)),
  ];
  return sections.join('\n');
}

/** Names of the pods that are neither done nor ready, those that restarted most first. */
export function podsInTrouble(pods: readonly Pod[]): readonly string[] {
  const restarts = ({ status }: Pod) =>
    Math.max(0, ...(status?.containerStatuses ?? []).map((one) => one.restartCount ?? 0));
  return pods
    .filter(({ status }) => status?.phase !== 'Succeeded')
    .filter(
      ({ status }) => status?.phase !== 'Running' || status.containerStatuses?.some(({ ready }) => ready !== true),
    )
    .toSorted((one, other) => restarts(other) - restarts(one))
    .map(({ metadata }) => metadata.name);
}

async function troubleLogs(cluster: Cluster, namespace: string): Promise<readonly string[]> {
  const listed = await attempt(cluster, ['get', 'pods', '-n', namespace, '-o', 'json']);
  // `as`: a list of pods as kubectl prints it; an error text instead is no JSON object.
  const pods = listed.startsWith('{') ? (JSON.parse(listed) as PodList).items : [];
  const logs = podsInTrouble(pods)
    .slice(0, 2)
    .map(async (pod) => {
      const args = ['logs', pod, '-n', namespace, '--all-containers', '--prefix', `--tail=${shownLogLines}`];
      const log = await attempt(cluster, args);
      // A container that just started again has not said anything yet; the one before it has.
      const previous = log.trim() === '' ? await attempt(cluster, [...args, '--previous']) : '';
      return section(`Log of ${pod}`, log.trim() === '' ? previous : log);
    });
  return Promise.all(logs);
}

/** A diagnosis must not fail on what it diagnoses: errors become its text. */
function attempt(cluster: Cluster, args: readonly string[]): Promise<string> {
  return cluster.kubectl(args, { timeoutMs: 10_000 }).catch((error: unknown) => String(error));
}

function section(title: string, text: string): string {
  const body = text.trim() === '' ? '(none)' : text.trim();
  return [`${title}:`, ...body.split('\n').map((line) => `    ${line}`)].join('\n');
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
