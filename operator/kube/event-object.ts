import { randomBytes } from 'node:crypto';
import { type KubernetesObject, type ObjectRef, refKey, refOf } from '../api/kubernetes.ts';
import type { RecordedEvent } from './events.ts';

/** The server refuses longer notes (`events.k8s.io/v1`). */
const maxNoteLength = 1_024;
/** Events about cluster-scoped objects live here. */
const clusterNamespace = 'default';
/** Longest part of the object's name in the event's name, so that the whole stays below 253 characters. */
const maxNameLength = 200;

export interface EventSource {
  readonly controller: string;
  readonly instance: string;
}

/** The Event as it is posted the first time. */
export function toEventObject(event: RecordedEvent<string>, source: EventSource, nowMs: number): KubernetesObject {
  const { metadata } = event.regarding;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: {
      name: `${metadata.name.slice(0, maxNameLength)}.${randomBytes(8).toString('hex')}`,
      namespace: metadata.namespace ?? clusterNamespace,
    },
    eventTime: toMicroTime(nowMs),
    reportingController: source.controller,
    reportingInstance: source.instance,
    action: event.action,
    reason: event.reason,
    type: event.type,
    note: event.note.length > maxNoteLength ? `${event.note.slice(0, maxNoteLength - 1)}…` : event.note,
    regarding: { ...refOf(event.regarding), uid: metadata.uid, resourceVersion: metadata.resourceVersion },
    ...(event.related === undefined ? {} : { related: { ...event.related } satisfies ObjectRef }),
  };
}

/** Events with the same key are one series. */
export function seriesKey(event: RecordedEvent<string>): string {
  const related = event.related === undefined ? '' : refKey(event.related);
  const { uid = '' } = event.regarding.metadata;
  return JSON.stringify([
    uid,
    refKey(refOf(event.regarding)),
    event.type,
    event.reason,
    event.action,
    event.note,
    related,
  ]);
}

/** RFC 3339 with microseconds, as the API's MicroTime demands. */
export function toMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
