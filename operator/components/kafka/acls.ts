import { consumerGroupPrefix, deadLetterTopic, retryTopics, shopTopics } from '#contracts/topics.ts';
import type { CompleteStack, ServiceName } from '../../api/v1beta1/complete-stack.ts';
import type { KafkajsAcl } from './kafkajs.ts';
import { clientServices } from './names.ts';

/** One right of one service: always "allow", from any host. */
export interface Right {
  readonly service: string;
  readonly resource: 'topic' | 'group';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operation: Operation;
}

export type Operation = 'read' | 'write' | 'describe';

/** Numbers of Kafka's protocol; `any` is for filters. */
export const aclNumbers = {
  any: 1,
  allow: 3,
  topic: 2,
  group: 3,
  literal: 3,
  prefixed: 4,
  read: 3,
  write: 4,
  describe: 8,
} as const;

/** What the services may do, out of the same declaration that the topics come from, sorted. */
export function wantedRights(stack: CompleteStack): readonly Right[] {
  const shop = shopTopics.flatMap(({ name, producers, consumers }) => [
    ...producers.flatMap((service) => onTopic(service, name, ['write', 'describe'])),
    ...consumers.flatMap((service) => [
      ...onTopic(service, name, ['read', 'describe']),
      // Read as well: to try them again later.
      ...[deadLetterTopic(name), ...retryTopics(name).map((retry) => retry.name)].flatMap((topic) =>
        onTopic(service, topic, ['write', 'read', 'describe']),
      ),
    ]),
  ]);
  // Topics of the manifest are the user's own: every service may use them.
  const extra = stack.kafka.topics
    .filter(({ state }) => state === 'Present')
    .flatMap(({ name }) => clientServices.flatMap((service) => onTopic(service, name, ['write', 'read', 'describe'])));
  const groups = clientServices.map(
    (service): Right => ({
      service,
      resource: 'group',
      name: consumerGroupPrefix(service),
      pattern: 'prefixed',
      operation: 'read',
    }),
  );
  const unique = new Map([...shop, ...extra, ...groups].map((right) => [rightKey(right), right]));
  return [...unique].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, right]) => right);
}

function onTopic(service: ServiceName, name: string, operations: readonly Operation[]): readonly Right[] {
  return operations.map((operation) => ({ service, resource: 'topic', name, pattern: 'literal', operation }));
}

/** Equal for equal rights. */
export function rightKey({ service, resource, name, pattern, operation }: Right): string {
  return `${service} ${resource} ${pattern} ${name} ${operation}`;
}

/** A right as the protocol has it. */
export function toAcl({ service, resource, name, pattern, operation }: Right): KafkajsAcl {
  return {
    resourceType: aclNumbers[resource],
    resourceName: name,
    resourcePatternType: aclNumbers[pattern],
    principal: `User:${service}`,
    host: '*',
    operation: aclNumbers[operation],
    permissionType: aclNumbers.allow,
  };
}

/** The right that an ACL of one of our services is; `undefined` for what we would never give. */
export function toRight(acl: KafkajsAcl): Right | undefined {
  const service = acl.principal.replace(/^User:/, '');
  const resource = nameOf(acl.resourceType, ['topic', 'group']);
  const pattern = nameOf(acl.resourcePatternType, ['literal', 'prefixed']);
  const operation = nameOf(acl.operation, ['read', 'write', 'describe']);
  const isPlain = acl.host === '*' && acl.permissionType === aclNumbers.allow;
  return resource === undefined || pattern === undefined || operation === undefined || !isPlain
    ? undefined
    : { service, resource, name: acl.resourceName, pattern, operation };
}

function nameOf<const Names extends readonly (keyof typeof aclNumbers)[]>(
  value: number,
  names: Names,
): Names[number] | undefined {
  return names.find((name) => aclNumbers[name] === value);
}

/** Whether an ACL speaks of a user that we manage: those of others are never touched. */
export function isOfService({ principal }: Pick<KafkajsAcl, 'principal'>): boolean {
  return clientServices.some((service) => principal === `User:${service}`);
}
