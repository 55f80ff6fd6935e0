import { type Access, ask, LoginRefusedError, type ServerTarget } from './client.ts';
import type { Answer, ClusterFacts, LonelyNode, ObservedNode, ObservedShard } from './observed.ts';

/** Attributes of nodes by which the start script tells the operator what it found. */
export const nodeAttributes = { volume: 'volume', maxMapCount: 'max_map_count' } as const;

/**
 * Everything that a pass wants to know of the cluster, from the first of the servers that answers. Never rejects: what
 * goes wrong is an answer too.
 */
export async function askCluster(
  targets: readonly ServerTarget[],
  access: Access,
  signal: AbortSignal,
): Promise<Answer> {
  let message = 'No node has an address yet';
  for (const target of targets) {
    try {
      return { state: 'up', target, facts: await readFacts({ target, access, signal }) };
    } catch (error) {
      message = error instanceof Error ? error.message : String(error);
      if (error instanceof LoginRefusedError) {
        return { state: 'refused', message };
      }
    }
  }
  return { state: 'silent', message, lonely: [] };
}

/** What nodes without a master say of themselves; those that do not answer are left out. */
export async function askLonely(
  targets: readonly ServerTarget[],
  access: Access,
  signal: AbortSignal,
): Promise<readonly LonelyNode[]> {
  const answers = await Promise.all(
    targets.map((target) => readLonely({ target, access, signal }).catch(() => undefined)),
  );
  return answers.filter((answer) => answer !== undefined);
}

/** A node forgets its cluster at a restart until it has a master again; what its volume held then is its attribute. */
async function readLonely({ target, access, signal }: Conversation): Promise<LonelyNode> {
  const path = '/_nodes/_local?filter_path=nodes.*.name,nodes.*.attributes';
  const [root, info] = (await Promise.all(
    // `as`: the formats of the server's answers.
    ['/', path].map((one) => ask(target, access, { method: 'GET', path: one }, { signal, timeoutMs: 2000 })),
  )) as [RootAnswer, NodesAnswer];
  const [node] = Object.values(info.nodes ?? {});
  const hasNoCluster = root.cluster_uuid === '_na_';
  return { name: root.name, isEmpty: hasNoCluster && node?.attributes?.[nodeAttributes.volume] === 'new' };
}

interface RootAnswer {
  readonly name: string;
  readonly cluster_uuid: string;
}

interface Conversation {
  readonly target: ServerTarget;
  readonly access: Access;
  readonly signal: AbortSignal;
}

/** A node without a master says so after this time instead of after 30 s. */
const masterTimeout = 'master_timeout=2s';

async function readFacts(conversation: Conversation): Promise<ClusterFacts> {
  const get = async <T>(path: string): Promise<T> => {
    const { target, access, signal } = conversation;
    // Each caller names the format of the server's answer to its path.
    return (await ask(target, access, { method: 'GET', path }, { signal })) as T;
  };
  const [state, info, stats, shards, settings, repositories] = await Promise.all([
    get<StateAnswer>(`/_cluster/state/master_node,nodes,blocks,metadata?${masterTimeout}&${stateFilter}`),
    get<NodesAnswer>(
      '/_nodes/plugins?timeout=2s&filter_path=nodes.*.name,nodes.*.version,nodes.*.attributes,nodes.*.*.name',
    ),
    get<StatsAnswer>('/_nodes/stats/fs?timeout=2s&filter_path=nodes.*.fs.total'),
    get<readonly ShardRow[]>(`/_cat/shards?format=json&h=index,shard,prirep,state,node&${masterTimeout}`),
    get<SettingsAnswer>(`/_cluster/settings?flat_settings=true&${masterTimeout}`),
    get<RepositoriesAnswer>(`/_snapshot?${masterTimeout}`),
  ]);
  const coordination = state.metadata?.cluster_coordination;
  return {
    clusterUuid: state.cluster_uuid,
    nodes: Object.entries(state.nodes ?? {})
      .map(([id, { name }]) => toNode(name, info.nodes?.[id], stats.nodes?.[id]))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    master: state.nodes?.[state.master_node]?.name ?? '',
    shards: shards.map(toShard),
    settings: { ...settings.persistent, ...settings.transient },
    voteless: (coordination?.voting_config_exclusions ?? []).map(({ node_name }) => node_name),
    blockedIndices: Object.entries(state.blocks?.indices ?? {})
      .filter(([, blocks]) => blocks[fullDiskBlock] !== undefined)
      .map(([index]) => index)
      .toSorted(),
    repositories: Object.fromEntries(
      Object.entries(repositories).map(([name, { type, settings: own }]) => [name, { type, settings: own ?? {} }]),
    ),
  };
}

const stateFilter =
  'filter_path=cluster_uuid,master_node,nodes.*.name,blocks.indices,metadata.cluster_coordination.voting_config_exclusions';

/** Number of the block "read-only, deleting allowed", which Elasticsearch sets at the flood stage of a disk. */
const fullDiskBlock = '12';

interface StateAnswer {
  readonly cluster_uuid: string;
  readonly master_node: string;
  readonly nodes?: Readonly<Record<string, { readonly name: string }>>;
  readonly blocks?: { readonly indices?: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  readonly metadata?: {
    readonly cluster_coordination?: { readonly voting_config_exclusions?: readonly { readonly node_name: string }[] };
  };
}

interface NodesAnswer {
  readonly nodes?: Readonly<Record<string, NodeInfo>>;
}

interface NodeInfo {
  readonly name: string;
  readonly version?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly modules?: readonly { readonly name: string }[];
  readonly plugins?: readonly { readonly name: string }[];
}

interface StatsAnswer {
  readonly nodes?: Readonly<Record<string, NodeStats>>;
}

interface NodeStats {
  readonly fs?: { readonly total?: { readonly total_in_bytes: number; readonly available_in_bytes: number } };
}

interface ShardRow {
  readonly index: string;
  readonly shard: string;
  readonly prirep: 'p' | 'r';
  readonly state: ObservedShard['state'];
  readonly node: string | null;
}

interface SettingsAnswer {
  readonly persistent: Readonly<Record<string, string>>;
  readonly transient: Readonly<Record<string, string>>;
}

type RepositoriesAnswer = Readonly<
  Record<string, { readonly type: string; readonly settings?: Readonly<Record<string, string>> }>
>;

function toNode(name: string, info: NodeInfo | undefined, stats: NodeStats | undefined): ObservedNode {
  const count = Number(info?.attributes?.[nodeAttributes.maxMapCount]);
  const total = stats?.fs?.total;
  return {
    name,
    version: info?.version ?? '',
    modules: [...(info?.modules ?? []), ...(info?.plugins ?? [])].map((one) => one.name).toSorted(),
    maxMapCount: count > 0 ? count : undefined,
    diskUsed:
      total === undefined || total.total_in_bytes === 0
        ? undefined
        : 1 - total.available_in_bytes / total.total_in_bytes,
  };
}

/** The node of a copy that moves is written `old -> address id new`. */
function toShard({ index, shard, prirep, state, node }: ShardRow): ObservedShard {
  return { index, shard: Number(shard), isPrimary: prirep === 'p', state, node: node?.split(' ')[0] };
}
