import { createHash } from 'node:crypto';

/**
 * Id of the log directory of a node at the formation of the cluster, derived from the cluster's id: all nodes know the
 * ids of all others before any has started, and an interrupted formation comes to the same ones. A volume that is lost
 * later gets a random id: it has to be taken in anew, because it no longer knows what it voted for.
 */
export function initialDirectoryId(clusterId: string, ordinal: number): string {
  return createHash('sha256').update(`${clusterId}/${ordinal}`).digest().subarray(0, 16).toString('base64url');
}
