import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { type Right, rightKey, wantedRights } from './acls.ts';
import type { BuiltinObserved, ClusterFacts } from './observed.ts';
import { dynamicSettings, managedSettings } from './parameters.ts';
import { unwantedTopics, type WantedTopic, wantedTopics } from './topics.ts';

/** What is declared and not so: pure comparisons, which readiness tells of and actions make true. */

/** Services whose user is missing or has another password. */
export function differingUsers({ users }: ClusterFacts, { credentials }: BuiltinObserved): readonly string[] {
  return Object.entries(credentials?.iterations ?? {})
    .filter(([name, iterations]) => users[name] !== iterations)
    .map(([name]) => name);
}

export interface TopicDifferences {
  readonly missing: readonly WantedTopic[];
  readonly growing: readonly { readonly name: string; readonly partitions: number }[];
  readonly altered: readonly { readonly name: string; readonly configs: Readonly<Record<string, string>> }[];
  readonly unwanted: readonly string[];
}

export function differingTopics(
  { topics }: ClusterFacts,
  { size }: BuiltinObserved,
  stack: CompleteStack,
): TopicDifferences {
  const present = new Map(topics.map((topic) => [topic.name, topic]));
  const wanted = wantedTopics(stack, size);
  const pairs = wanted.flatMap((topic) => {
    const live = present.get(topic.name);
    return live === undefined ? [] : [{ topic, live }];
  });
  return {
    missing: wanted.filter(({ name }) => !present.has(name)),
    growing: pairs
      .filter(({ topic, live }) => live.partitions.length < topic.partitions)
      .map(({ topic }) => ({ name: topic.name, partitions: topic.partitions })),
    altered: pairs.flatMap(({ topic, live }) => {
      const configs = differing(topic.configs, live.configs);
      return Object.keys(configs).length === 0 ? [] : [{ name: topic.name, configs }];
    }),
    unwanted: unwantedTopics(stack).filter((name) => present.has(name)),
  };
}

/** Topics of ours, and Kafka's own, with partitions of fewer copies than the number of brokers allows by now. */
export function thinTopics(
  { topics }: ClusterFacts,
  { size }: BuiltinObserved,
  stack: CompleteStack,
): readonly { readonly name: string; readonly copies: number }[] {
  const wanted = new Map(wantedTopics(stack, size).map(({ name, copies }) => [name, copies]));
  return topics.flatMap(({ name, isInternal, partitions }) => {
    const copies = wanted.get(name) ?? (isInternal ? Math.min(3, size) : 0);
    return partitions.some(({ replicas }) => replicas.length < copies) ? [{ name, copies }] : [];
  });
}

export interface RightDifferences {
  readonly missing: readonly Right[];
  readonly surplus: readonly Right[];
}

export function differingRights({ rights }: ClusterFacts, stack: CompleteStack): RightDifferences {
  const wanted = wantedRights(stack);
  const wantedKeys = new Set(wanted.map(rightKey));
  const present = new Set(rights.map(rightKey));
  return {
    missing: wanted.filter((right) => !present.has(rightKey(right))),
    surplus: rights.filter((right) => !wantedKeys.has(rightKey(right))),
  };
}

/** Settings of running brokers to change; `undefined` goes back to the default. */
export function differingSettings(
  { settings }: Pick<ClusterFacts, 'settings'>,
  stack: CompleteStack,
): Readonly<Record<string, string | undefined>> {
  const wanted = dynamicSettings(stack);
  const gone = managedSettings.filter((name) => settings[name] !== undefined && wanted[name] === undefined);
  return { ...differing(wanted, settings), ...Object.fromEntries(gone.map((name) => [name, undefined])) };
}

function differing(
  wanted: Readonly<Record<string, string>>,
  present: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => present[name] !== value));
}
