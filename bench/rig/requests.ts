import type { AuditEvent } from '../../lab/control-plane/audit.ts';
import type { BenchServer } from './server.ts';

/** What one user asked of the API server, by what it means. */
export interface RequestCounts {
  readonly childWrites: number;
  readonly statusWrites: number;
  /** Writes of stacks other than their status, and Events. */
  readonly otherWrites: number;
  /** Single reads and lists. */
  readonly reads: number;
  readonly watches: number;
}

const writeVerbs = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Each request once: a watch when it starts, everything else when it is done. */
export function requestsOf(events: readonly AuditEvent[], username: string): readonly AuditEvent[] {
  return events.filter(
    ({ user, verb, stage }) =>
      user.username === username && stage === (verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete'),
  );
}

/** Counts requests by what they mean. */
export function countRequests(requests: readonly AuditEvent[]): RequestCounts {
  const isWrite = ({ verb }: AuditEvent) => writeVerbs.has(verb);
  const isStack = ({ objectRef }: AuditEvent) => objectRef?.resource === 'ecommercestacks';
  const isStatus = (event: AuditEvent) => isStack(event) && event.objectRef?.subresource === 'status';
  const isEvent = ({ objectRef }: AuditEvent) => objectRef?.resource === 'events';
  const count = (accept: (event: AuditEvent) => boolean) => requests.filter(accept).length;
  return {
    childWrites: count((event) => isWrite(event) && !isStack(event) && !isEvent(event)),
    statusWrites: count((event) => isWrite(event) && isStatus(event)),
    otherWrites: count((event) => isWrite(event) && (isEvent(event) || (isStack(event) && !isStatus(event)))),
    reads: count(({ verb }) => verb === 'get' || verb === 'list'),
    watches: count(({ verb }) => verb === 'watch'),
  };
}

/** `patch deployments/shop-gateway`: for the message of a broken gate. */
export function describeRequest({ verb, objectRef, requestURI }: AuditEvent): string {
  const { resource, subresource, name } = objectRef ?? {};
  const path = [resource, name, subresource].filter((part) => part !== undefined).join('/');
  return `${verb} ${path === '' ? requestURI : path}`;
}

/** What one user asks of a server, counted from a mark on. The server must have been started with an audit log. */
export class RequestLog {
  readonly #server: BenchServer;
  readonly #username: string;
  #from = 0;

  constructor(server: BenchServer, username: string) {
    this.#server = server;
    this.#username = username;
  }

  /** Counts begin anew. */
  async mark(): Promise<void> {
    this.#from = (await this.all()).length;
  }

  /** Requests since the mark. */
  async since(): Promise<readonly AuditEvent[]> {
    return (await this.all()).slice(this.#from);
  }

  async counts(): Promise<RequestCounts> {
    return countRequests(await this.since());
  }

  /** The requests since the mark in words. */
  async describe(): Promise<string> {
    return (await this.since()).map(describeRequest).join(', ') || 'none';
  }

  /** All requests of the user so far, oldest first. */
  async all(): Promise<readonly AuditEvent[]> {
    return requestsOf(await this.#server.auditEvents(), this.#username);
  }
}
