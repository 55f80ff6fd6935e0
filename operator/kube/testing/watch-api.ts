import type { ServerResponse } from 'node:http';
import type { KubernetesObject } from '../../api/kubernetes.ts';
import type { FaultServer, SeenRequest } from './fault-server.ts';

/** The lines of a watch. */
export function eventLine(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

/** A bookmark; `listEnd` marks the end of a streamed list. */
export function bookmarkLine(version: string, listEnd = false): string {
  const annotations = listEnd ? { 'k8s.io/initial-events-end': 'true' } : {};
  return eventLine('BOOKMARK', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { resourceVersion: version, annotations },
  });
}

/** A ConfigMap of the namespace `default` whose uid is its name, unless given. */
export function anObject(name: string, version: string, more: { readonly uid?: string; readonly text?: string } = {}) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', uid: more.uid ?? name, resourceVersion: version, labels: {} },
    data: { text: more.text ?? '' },
  } satisfies KubernetesObject;
}

/** Opens the answer to a watch and leaves it open. */
export function openWatch(response: ServerResponse, ...lines: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  for (const line of lines) {
    response.write(line);
  }
}

/** Answers the n-th request with the n-th answer, further ones with the last. */
export function script(server: FaultServer, ...answers: readonly FaultServer['answer'][]): void {
  let turn = 0;
  server.answer = (request, response) => {
    const answer = answers[Math.min(turn, answers.length - 1)];
    turn += 1;
    answer?.(request, response);
  };
}

/** A streamed list of these objects, then an open watch. */
export function streamedList(version: string, ...objects: readonly unknown[]): FaultServer['answer'] {
  return (_request: SeenRequest, response) =>
    openWatch(response, ...objects.map((object) => eventLine('ADDED', object)), bookmarkLine(version, true));
}
