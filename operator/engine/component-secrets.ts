import type { AnyComponent, CredentialRequest, SecretInput, SecretValues } from '../components/contract.ts';
import { ensureCredentials } from './credentials.ts';
import type { Pass } from './pass.ts';

/** Decoded values by the Secret's name. */
export type SecretMap = ReadonlyMap<string, SecretValues>;

/** Values by name, or a sentence that says which Secret or key of the user is missing. */
export async function loadSecrets(pass: Pass, component: AnyComponent): Promise<SecretMap | string> {
  const secrets = new Map<string, SecretValues>();
  for (const input of component.inputs(pass.stack)) {
    const values = await pass.secrets.values(input.name);
    const complaint = complainAbout(pass, input, values);
    if (values === undefined || complaint !== undefined) {
      return complaint ?? '';
    }
    secrets.set(input.name, values);
  }
  for (const request of component.credentials(pass.stack)) {
    const values = await credentialValues(pass, component.name, request);
    if (values !== undefined) {
      secrets.set(request.name, values);
    }
  }
  return secrets;
}

function complainAbout(pass: Pass, input: SecretInput, values: SecretValues | undefined): string | undefined {
  const missing = input.keys.filter((key) => values?.[key] === undefined);
  if (values !== undefined && missing.length === 0) {
    return undefined;
  }
  const what = values === undefined ? 'does not exist' : `has no key ${missing.join(', ')}`;
  return `Secret ${input.name} of namespace ${pass.stack.namespace} ${what}; create it with the keys ${input.keys.join(', ')}.`;
}

/** Components that ask for the same Secret ask for the same keys: whoever comes first in a pass does the work. */
function credentialValues(
  pass: Pass,
  component: string,
  request: CredentialRequest,
): Promise<SecretValues | undefined> {
  const begun = pass.credentials.get(request.name);
  const values =
    begun ?? (pass.pause === 'all' ? pass.secrets.values(request.name) : ensureCredentials(pass, component, request));
  pass.credentials.set(request.name, values);
  return values;
}
