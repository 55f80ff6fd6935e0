import { run } from '../programs/run.ts';

/** What Go must not do by itself: fetch another toolchain, use the user's flags, or link the C library. */
export const goEnvironment = { GOTOOLCHAIN: 'local', GOFLAGS: '', CGO_ENABLED: '0' } as const;

/** A build of minutes must leave the machine usable. */
export const goCommand = ['nice', '-n', '5', 'go'] as const;

let knownVersion: Promise<string> | undefined;

/** The compiler's version, for example `go1.26.8`: part of every key of what it builds. Rejects when there is no Go. */
export function goVersion(): Promise<string> {
  knownVersion ??= run(['go', 'env', 'GOVERSION'], { env: goEnvironment }).then(
    (output) => output.trim().replaceAll(' ', '-'),
    (error: unknown) => {
      throw new Error('building needs Go 1.26 or newer in PATH (https://go.dev/dl)', { cause: error });
    },
  );
  return knownVersion;
}
