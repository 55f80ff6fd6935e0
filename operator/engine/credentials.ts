import { generateKeyPair, randomBytes, randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import type { KubernetesObject } from '../api/kubernetes.ts';
import type { CompleteStack } from '../api/v1beta1/complete-stack.ts';
import type { CredentialKey, CredentialRequest, SecretValues } from '../components/contract.ts';
import { ConflictError } from '../kube/errors.ts';
import { dataMetadata } from '../objects/metadata.ts';
import type { EnginePorts } from './ports.ts';
import type { SecretStore } from './secret-store.ts';

/**
 * Makes sure that a credential Secret exists with every key that is asked for, and returns its values. A value that is
 * there is never changed, whoever wrote it: a Secret of an earlier stack or of the user is adopted as it is.
 */
export async function ensureCredentials(
  ports: EnginePorts,
  secrets: SecretStore,
  stack: CompleteStack,
  owner: { readonly component: string; readonly request: CredentialRequest },
): Promise<SecretValues> {
  const { request } = owner;
  const present = await secrets.values(request.name);
  const missing = Object.entries(request.keys).filter(([key]) => present?.[key] === undefined);
  if (present !== undefined && missing.length === 0) {
    return present;
  }
  const generated = Object.fromEntries(await Promise.all(missing.map(generateEntry)));
  const written =
    present === undefined
      ? await createSecret(ports, stack, owner, generated)
      : await addKeys(ports, stack, request.name, generated);
  ports.children.upsert(written);
  return secrets.remember(written);
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

async function generateEntry([key, kind]: readonly [string, CredentialKey]): Promise<[string, string]> {
  return [key, await generateValue(kind)];
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
