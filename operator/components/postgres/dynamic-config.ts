import type { Json, JsonObject } from '../../api/kubernetes.ts';
import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { wantedParameters } from './parameters.ts';

/**
 * Patroni's settings for the whole cluster. They live in its ConfigMap from the first start on; later changes go
 * through its REST API, which tells the servers to reload and which of them need a restart.
 *
 * ttl, loop_wait and retry_timeout keep Patroni's rule `loop_wait + 2 × retry_timeout ≤ ttl` and were measured: 3 s
 * without writes after a killed leader. `failsafe_mode` keeps the primary writable while the API server is away, as
 * long as every member still answers it.
 */
export function wantedDynamicConfig(stack: CompleteStack): JsonObject {
  const { postgres } = stack;
  return {
    ttl: 20,
    loop_wait: 5,
    retry_timeout: 5,
    failsafe_mode: true,
    maximum_lag_on_failover: maximumLagBytes,
    synchronous_mode: postgres.synchronous && postgres.readReplicas > 0,
    postgresql: { use_pg_rewind: true, use_slots: true, parameters: wantedParameters(postgres) },
  };
}

/** How much WAL a standby may miss and still take over, or let another pod be restarted: one segment. */
export const maximumLagBytes = 16 * 1024 * 1024;

/**
 * The JSON merge patch from `current` to `wanted`, `undefined` when there is nothing to do. Settings that we never
 * wrote stay, except server parameters: one that the manifest no longer names goes back to PostgreSQL's default.
 */
export function planConfigPatch(current: JsonObject, wanted: JsonObject): JsonObject | undefined {
  const patch = diff(current, wanted);
  const gone = Object.keys(parametersOf(current)).filter((name) => parametersOf(wanted)[name] === undefined);
  if (gone.length === 0) {
    return Object.keys(patch).length === 0 ? undefined : patch;
  }
  const removed = Object.fromEntries(gone.map((name) => [name, null]));
  const postgresql = asObject(patch['postgresql']);
  const parameters = { ...asObject(postgresql['parameters']), ...removed };
  return { ...patch, postgresql: { ...postgresql, parameters } };
}

/** Names of what a patch changes, e.g. `work_mem`, for messages. */
export function namesInPatch(patch: JsonObject): readonly string[] {
  return Object.entries(patch)
    .flatMap(([name, value]) => (isObject(value) ? namesInPatch(value) : [name]))
    .toSorted();
}

function diff(current: JsonObject, wanted: JsonObject): JsonObject {
  const changed: Record<string, Json> = {};
  for (const [name, value] of Object.entries(wanted)) {
    const now = current[name];
    if (isObject(value)) {
      const inner = diff(asObject(now), value);
      if (Object.keys(inner).length > 0) {
        changed[name] = inner;
      }
    } else if (value !== undefined && String(now) !== String(value)) {
      // Patroni keeps what it was given: `200` and `"200"` mean the same to it.
      changed[name] = value;
    }
  }
  return changed;
}

function parametersOf(config: JsonObject): JsonObject {
  return asObject(asObject(config['postgresql'])['parameters']);
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
