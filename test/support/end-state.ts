import { createHash, createPublicKey } from 'node:crypto';
import { kinds } from '../../operator/api/kinds.ts';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';
import { canonicalJson } from '../../operator/objects/hash.ts';
import { annotations } from '../../operator/objects/names.ts';
import type { Kubectl } from './stacks.ts';

/** Every value of every object of a namespace, as lines `Deployment shop-gateway .spec.replicas = 1`, sorted. */
export type EndState = readonly string[];

/** The API server itself writes Events, as many as it likes. */
const compared = Object.values(kinds).filter(({ namespaced, kind }) => namespaced && kind !== 'Event');

/**
 * What two runs in different namespaces must agree on to the last byte: the stack with its status and all its children,
 * field owners included. Masked is only what no two runs can share: uids, versions, times, the namespace's own name,
 * addresses that the server gave, generated values, and hashes, which cover all of those. That a hash is right is
 * proven by an operator without memory that writes nothing.
 */
export async function readEndState(cluster: Kubectl, namespace: string): Promise<EndState> {
  const resources = compared.map(({ plural }) => plural).join(',');
  const args = ['get', resources, '-n', namespace, '-o', 'json', '--show-managed-fields'];
  const { items }: { readonly items: readonly KubernetesObject[] } = JSON.parse(await cluster.kubectl(args));
  const objects = items.map(withReadableData);
  const mask = createMask(objects, namespace);
  return objects
    .flatMap((object) => linesOf(`${object.kind} ${object.metadata.name} `, comparable(object)))
    .map(mask)
    .toSorted();
}

/** Lines that only one of two states has, each with the name of its state. */
export function differencesOf(states: Readonly<Record<string, EndState>>): readonly string[] {
  return Object.entries(states).flatMap(([name, lines]) => {
    const others = Object.entries(states).filter(([other]) => other !== name);
    return lines.filter((line) => others.some(([, other]) => !other.includes(line))).map((line) => `${name}: ${line}`);
  });
}

function comparable(object: KubernetesObject): unknown {
  // What kubectl remembers of the manifest repeats the spec, namespace and all.
  const { 'kubectl.kubernetes.io/last-applied-configuration': _manifest, ...rest } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations: rest, managedFields: fieldOwners(object) } };
}

/** Who owns which fields, without the time of the last write; in an order that does not depend on that time. */
function fieldOwners({ metadata }: KubernetesObject): readonly string[] {
  const { managedFields = [] } = metadata;
  return managedFields.map((entry) => canonicalJson({ ...entry, time: undefined })).toSorted();
}

/** The values of a Secret as text: a password inside a URL can then be found. */
function withReadableData(object: KubernetesObject): KubernetesObject {
  const { data } = object;
  if (object.kind !== 'Secret' || typeof data !== 'object' || data === null) {
    return object;
  }
  const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString()]);
  return { ...object, data: Object.fromEntries(decoded) };
}

function linesOf(path: string, value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) {
    return [`${path} = ${JSON.stringify(value)}`];
  }
  const entries = Object.entries(value);
  return entries.length === 0
    ? [`${path} = ${JSON.stringify(value)}`]
    : entries.flatMap(([key, inner]) => linesOf(`${path}.${key}`, inner));
}

function createMask(objects: readonly KubernetesObject[], namespace: string): (line: string) => string {
  const generated = objects.filter(isGenerated).flatMap(({ data, metadata }) =>
    Object.entries(data ?? {}).flatMap(([key, value]) => {
      const name = `<${metadata.name}/${key}>`;
      return formsOf(String(value)).map((one) => [JSON.stringify(one).slice(1, -1), name] as const);
    }),
  );
  const uids = objects.map(({ metadata }) => [metadata.uid ?? '', '<uid>'] as const);
  const known = [...generated, ...uids, [namespace, '<namespace>'] as const];
  return (line) =>
    known
      .reduce((masked, [value, name]) => masked.replaceAll(value, name), line)
      .replace(/(?<=\.resourceVersion = )"\d+"/, '<version>')
      .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
      .replaceAll(/\b10\.96\.\d+\.\d+\b/g, '<address>')
      // The name of a key in a key set is a hash of the key.
      .replaceAll(/(?<=\\"kid\\":\\")[\w-]+/g, '<hash>')
      // The storage of a Kafka voter, and a certificate over a generated key.
      .replaceAll(/(?<=:9093:)[\w-]{22}/g, '<directory id>')
      .replaceAll(/-----BEGIN CERTIFICATE-----[\w+/=\\]+?-----END CERTIFICATE-----/g, '<certificate>')
      .replaceAll(/\b[0-9a-f]{16}\b/g, '<hash>');
}

/** Values that the operator made up: the only Secrets of a stack that are not rendered, and so carry no hash. */
function isGenerated({ kind, metadata }: KubernetesObject): boolean {
  return kind === 'Secret' && metadata.annotations?.[annotations.appliedHash] === undefined;
}

/** How a generated value shows elsewhere: as it is, as the hash in Redis' list of users, as the modulus of a public key. */
function formsOf(value: string): readonly string[] {
  const isKey = value.startsWith('-----BEGIN PRIVATE KEY');
  const modulus = isKey ? [String(createPublicKey(value).export({ format: 'jwk' }).n)] : [];
  return [value, createHash('sha256').update(value).digest('hex'), ...modulus];
}
