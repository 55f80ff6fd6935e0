import type { Step } from './state.ts';

/**
 * Headers for answers that are data, not pages: a browser must not guess their type, frame them, or run anything in them.
 * Responses are private unless a handler says otherwise.
 */
export const dataSecurityHeaders = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;

/** Sets the headers of `dataSecurityHeaders` on every response. */
export function setSecurityHeaders<Deps>(): Step<Deps> {
  return (ctx, next) => {
    Object.assign(ctx.state.context.responseHeaders, dataSecurityHeaders);
    return next();
  };
}
