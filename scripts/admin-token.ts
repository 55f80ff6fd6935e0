/**
 * Prints an access token of an administrator, signed with the key of a running stack:
 *
 *     TOKEN=$(npm run -s admin-token -- --namespace shop --stack shop)
 *     curl -H "authorization: Bearer $TOKEN" …
 *
 * It reads the Secret `<stack>-identity-credentials` through kubectl (KUBECTL names another program, KUBECONFIG the
 * cluster), so it can do no more than whoever may read that Secret can anyway. The key does not leave this process.
 */
import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { parseArgs, promisify } from 'node:util';
import { SignJWT } from 'jose';
import { describeSigningKey } from '#contracts/signing-keys.ts';

export interface TokenRequest {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly issuer: string;
  readonly audience: string;
  readonly lifetimeSeconds: number;
}

/** What the options ask for when they say nothing. */
export const defaultRequest: TokenRequest = {
  subject: 'admin',
  roles: ['admin'],
  issuer: 'ecommerce-stack',
  audience: 'shop',
  lifetimeSeconds: 3600,
};

/** An access token as the user service makes them; `pem` is the PKCS #8 private key. */
export async function signAdminToken(pem: string, request: TokenRequest = defaultRequest): Promise<string> {
  const key = createPrivateKey(pem);
  const { n = '', e = '' } = createPublicKey(key).export({ format: 'jwk' });
  return new SignJWT({ roles: request.roles })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: describeSigningKey({ n, e }).kid })
    .setSubject(request.subject)
    .setIssuer(request.issuer)
    .setAudience(request.audience)
    .setIssuedAt()
    .setExpirationTime(`${request.lifetimeSeconds}s`)
    .sign(key);
}

/** The stack's signing key; the error says what is missing and what to do. */
export async function readSigningKey(stack: string, namespace: string, kubectl = 'kubectl'): Promise<string> {
  const name = `${stack}-identity-credentials`;
  const args = ['get', 'secret', name, '--namespace', namespace, '--output', 'jsonpath={.data.signing\\.pem}'];
  const { stdout } = await promisify(execFile)(kubectl, args).catch((error: unknown) => {
    const reason =
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim() || error.message : String(error);
    throw new Error(`${kubectl} cannot read the Secret ${namespace}/${name}: ${reason}`, { cause: error });
  });
  if (stdout === '') throw new Error(`the Secret ${namespace}/${name} has no key signing.pem: is it one of a stack?`);
  return Buffer.from(stdout, 'base64').toString('utf8');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stack: { type: 'string', default: 'shop' },
      namespace: { type: 'string', default: 'shop' },
      subject: { type: 'string', default: defaultRequest.subject },
      role: { type: 'string', multiple: true, default: [...defaultRequest.roles] },
    },
  });
  const pem = await readSigningKey(values.stack, values.namespace, process.env['KUBECTL']);
  console.log(await signAdminToken(pem, { ...defaultRequest, subject: values.subject, roles: values.role }));
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
}
