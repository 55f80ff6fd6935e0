import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One finished request, as the API server's audit log tells it. */
export interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string; readonly groups?: readonly string[] };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number; readonly reason?: string };
  readonly stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

const policy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

/** Writes the audit policy and gives the flags that make the API server log every finished request. */
export async function auditArguments(directory: string): Promise<readonly string[]> {
  const policyPath = join(directory, 'audit-policy.json');
  await writeFile(policyPath, JSON.stringify(policy));
  return [`--audit-policy-file=${policyPath}`, `--audit-log-path=${auditLogPath(directory)}`];
}

/** All requests so far, oldest first; a request appears before its client has the answer. */
export function readAuditEvents(directory: string): Promise<readonly AuditEvent[]> {
  return new AuditFollower(directory).next();
}

/** Reads the audit log as it grows, so that a test can act on a request milliseconds after it was served. */
export class AuditFollower {
  readonly #path: string;
  /** Bytes read so far: always the end of a line. */
  #offset = 0;

  constructor(directory: string) {
    this.#path = auditLogPath(directory);
  }

  /** The requests that were finished since the call before, oldest first. */
  async next(): Promise<readonly AuditEvent[]> {
    await using file = await open(this.#path);
    const { size } = await file.stat();
    const bytes = Buffer.alloc(size - this.#offset);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, this.#offset);
    const complete = bytes.subarray(0, bytes.subarray(0, bytesRead).lastIndexOf('\n') + 1);
    this.#offset += complete.length;
    // `as`: the shape of the API, audit.k8s.io/v1.
    return complete
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as AuditEvent);
  }
}

function auditLogPath(directory: string): string {
  return join(directory, 'audit.jsonl');
}
