import { hash } from 'node:crypto';
import type { KubernetesObject } from '../api/kubernetes.ts';

/** JSON with sorted keys and without `undefined`: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (isRecord(inner) ? sortKeys(inner) : inner)) ?? 'null';
}

/** 16 hex characters (64 bits) of the SHA-256 of the canonical JSON: a fingerprint, not a security measure. */
export function hashOf(value: unknown): string {
  return shorten(canonicalJson(value));
}

/**
 * The fingerprint of a rendered object. The same builder gives the same stack the same bytes, so nothing is sorted: that takes six
 * times as long, and every object of every pass goes through here. A release that builds in another order writes each object once.
 */
export function hashOfRendering(object: KubernetesObject): string {
  return shorten(JSON.stringify(object));
}

function shorten(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 16);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sortKeys(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
