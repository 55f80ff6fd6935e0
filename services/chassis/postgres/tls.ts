/** How much of the server's certificate is checked, in libpq's words. */
import type { ConnectionOptions } from 'node:tls';

export const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslModes)[number];

/**
 * The driver's TLS options. `prefer` and `require` encrypt without checking: unlike libpq's, our `prefer` never falls back
 * to plain text. `verify-ca` checks who signed the certificate, `verify-full` also the host's name.
 */
export function tlsOptions(settings: {
  readonly sslMode: SslMode;
  readonly caCertificate?: string | undefined;
}): ConnectionOptions | false {
  if (settings.sslMode === 'disable') return false;
  const ca = settings.caCertificate === undefined ? {} : { ca: settings.caCertificate };
  if (settings.sslMode === 'verify-full') return { ...ca, rejectUnauthorized: true };
  if (settings.sslMode === 'verify-ca')
    return { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  return { ...ca, rejectUnauthorized: false };
}
