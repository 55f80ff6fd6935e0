import { headers } from '#contracts/headers.ts';
import { hasAnyRole, type Identity } from '#contracts/identity.ts';
import { createIdentityVerifier } from '../../identity/internal-identity.ts';
import { ProblemError } from '../../problem.ts';
import type { Access } from '../route.ts';
import type { Pipeline, Step } from './state.ts';

/** Verifies the internal identity and asks the route whether this caller may go on. */
export function checkCaller<Deps>(pipeline: Pipeline<Deps>): Step<Deps> {
  const verify = createIdentityVerifier(pipeline.identityKeys);
  return (ctx, next) => {
    const token = ctx.req.headers[headers.internalIdentity];
    const identity = typeof token === 'string' ? identify(token, verify) : undefined;
    ctx.state.context.identity = identity;
    assertAllowed(ctx.state.match.route.declaration.access, identity);
    return next();
  };
}

function identify(token: string, verify: ReturnType<typeof createIdentityVerifier>): Identity {
  const identity = verify(token, Date.now());
  if (identity === undefined)
    throw new ProblemError('invalid-token', 'the internal identity is expired or not signed by this shop');
  return identity;
}

function assertAllowed(access: Access, identity: Identity | undefined): void {
  if (access === 'public') return;
  if (identity === undefined) {
    throw new ProblemError('authentication-required', undefined, { headers: { 'www-authenticate': 'Bearer' } });
  }
  if (access !== 'authenticated' && !hasAnyRole(identity, access)) {
    throw new ProblemError('forbidden', `this needs one of the roles ${access.join(', ')}`);
  }
}
