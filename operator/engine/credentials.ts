import { generateKeyPair, randomBytes, randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import type { KubernetesObject } from '../api/kubernetes.ts';
import type { CompleteStack } from '../api/v1beta1/complete-stack.ts';
import type { CredentialKey, CredentialRequest, SecretValues } from '../components/contract.ts';
import { ConflictError } from '../kube/errors.ts';
import { dataMetadata } from '../objects/metadata.ts';
import { PartError } from './part-error.ts';
import type { Pass } from './pass.ts';
import type { EnginePorts } from './ports.ts';

/**
 * Makes sure that a credential Secret exists with every key that is asked for, and returns its values. A value that is
 * there is never changed, whoever wrote it: a Secret of an earlier stack or of the user is adopted as it is. One that
 * was deleted comes back with the values it had; when those are lost and data exists that knows them, nothing is made
 * up.
 */
export async function ensureCredentials(
  pass: Pass,
  component: string,
  request: CredentialRequest,
): Promise<SecretValues> {
  const { ports, secrets, stack } = pass;
  const lastKnown = secrets.lastKnown(request.name);
  const present = await secrets.keptValues(request.name, Object.keys(request.keys));
  const missing = Object.entries(request.keys).filter(([key]) => present?.[key] === undefined);
  if (present !== undefined && missing.length === 0) {
    return present;
  }
  if (present === undefined && lastKnown === undefined) {
    assertNothingDependsOn(pass, component, request.name);
  }
  const values = Object.fromEntries(
    await Promise.all(
      missing.map(async ([key, kind]) => [key, lastKnown?.[key] ?? (await generateValue(kind))] as const),
    ),
  );
  const owner = { component, request };
  const written =
    present === undefined
      ? await createSecret(ports, stack, owner, { ...lastKnown, ...values })
      : await addKeys(ports, stack, request.name, values);
  ports.children.upsert(written);
  return secrets.remember(written);
}

/** A server with data was set up with the lost values: new ones would lock everybody out of it. */
function assertNothingDependsOn(pass: Pass, component: string, secret: string): void {
  const before = pass.previous.components?.find(({ name }) => name === component);
  if (before?.identity !== undefined) {
    throw new PartError(
      'CredentialsLost',
      `Secret ${secret} is gone, and the data of ${component} (${before.identity}) was set up with the passwords in it. Restore the Secret from a backup with the labels it had; no new passwords are made, as the servers would refuse them.`,
    );
  }
}

/** `create` fails when somebody was faster; the next pass then finds that one's values. */
function createSecret(
  ports: EnginePorts,
  stack: CompleteStack,
  owner: { readonly component: string; readonly request: CredentialRequest },
  values: SecretValues,
): Promise<KubernetesObject> {
  return ports.kube.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: dataMetadata(stack, owner.component, owner.request.name),
    type: 'Opaque',
    data: encode(values),
  });
}

/** Conditional on the version just read, so that two writers cannot both add the same key. */
async function addKeys(
  ports: EnginePorts,
  stack: CompleteStack,
  name: string,
  values: SecretValues,
): Promise<KubernetesObject> {
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace: stack.namespace, name };
  const live = await ports.kube.get(ref);
  const resourceVersion = live?.metadata.resourceVersion;
  if (live === undefined || resourceVersion === undefined) {
    throw new ConflictError('it vanished while keys were added to it', {
      status: 409,
      reason: 'Conflict',
      operation: `add keys to Secret ${stack.namespace}/${name}`,
    });
  }
  const { data } = live;
  const taken = new Set(Object.keys(typeof data === 'object' && data !== null ? data : {}));
  const added = Object.fromEntries(Object.entries(values).filter(([key]) => !taken.has(key)));
  return ports.kube.patch(ref, { metadata: { resourceVersion }, data: encode(added) });
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A new random value; passwords carry 5.95 bits a character. */
async function generateValue(kind: CredentialKey): Promise<string> {
  switch (kind.kind) {
    case 'password':
      return Array.from({ length: kind.length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
    case 'rsaPrivateKey': {
      const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: kind.bits });
      return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    }
    case 'uuid':
      return generateUuid();
  }
}

/** Kafka's command line takes what begins with a hyphen for an option. */
function generateUuid(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? generateUuid() : id;
}

function encode(values: SecretValues): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}
