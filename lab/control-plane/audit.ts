import { readFile, writeFile } from 'node:fs/promises';
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
export async function readAuditEvents(directory: string): Promise<readonly AuditEvent[]> {
  const text = await readFile(auditLogPath(directory), 'utf8');
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  // `as`: the shape of the API, audit.k8s.io/v1.
  return complete
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as AuditEvent);
}

function auditLogPath(directory: string): string {
  return join(directory, 'audit.jsonl');
}
