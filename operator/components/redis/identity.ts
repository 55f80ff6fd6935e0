import { hashOf } from '../../objects/hash.ts';

/**
 * The identity of a cluster's data: a library of Redis Functions that does nothing but answer an id. Functions live in
 * the append-only file beside the data, replicas copy them, a failover keeps them, and FLUSHALL does not remove them:
 * whoever answers the id has the volumes of this cluster or copies of them.
 */
export const identityLibrary = 'ecommerce_stack';

/** FCALL_RO of this function answers the id; a node without identity answers an error. */
export const identityFunction = 'ecommerce_stack_identity';

/** Source for FUNCTION LOAD. `no-writes` lets replicas answer, and primaries that are out of memory. */
export function identitySource(identity: string): string {
  return [
    `#!lua name=${identityLibrary}`,
    `redis.register_function{function_name='${identityFunction}',`,
    `callback=function() return '${identity}' end, flags={'no-writes'}}`,
  ].join('\n');
}

/** Id for a new cluster, made of the random ids of its nodes: an interrupted formation comes to the same one. */
export function newIdentity(nodeIds: readonly string[]): string {
  return hashOf(nodeIds.toSorted());
}
