import type { Resources, Storage } from '../complete-stack.ts';
import type { EcommerceStackSpec } from '../ecommerce-stack.ts';
import { canonicalQuantity, compareQuantities } from '../quantity.ts';

type StatedStore = NonNullable<EcommerceStackSpec['postgres']>;
type StatedResources = StatedStore['resources'];
type Amount = string | number | undefined;

/**
 * Stated amounts win; the profile fills the rest and gives way where both would contradict: a request above the
 * profile's limit raises that limit, a limit below the profile's request lowers that request.
 */
export function completeResources(stated: StatedResources, profile: Resources): Resources {
  const cpu = reconcile(stated?.requests?.cpu, stated?.limits?.cpu, [profile.requests.cpu, profile.limits.cpu]);
  const memory = reconcile(stated?.requests?.memory, stated?.limits?.memory, [
    profile.requests.memory,
    profile.limits.memory,
  ]);
  return {
    requests: { cpu: cpu.request, memory: memory.request },
    limits: {
      ...(cpu.limit === undefined ? {} : { cpu: cpu.limit }),
      // The profile always limits memory, so there is one.
      memory: memory.limit ?? memory.request,
    },
  };
}

/**
 * Size from the manifest, else the larger of the profile's and what the volumes have already: they cannot shrink, so
 * neither a smaller profile nor a field taken out of the manifest asks them to. No class means the cluster's default.
 */
export function completeStorage(
  stated: StatedStore['storage'],
  profileSize: string,
  recordedSize: string | undefined,
): Storage {
  const size = canonicalQuantity(stated?.size ?? largest(profileSize, recordedSize));
  return stated?.className === undefined ? { size } : { size, className: stated.className };
}

function reconcile(
  statedRequest: Amount,
  statedLimit: Amount,
  [profileRequest, profileLimit]: readonly [string, string | undefined],
): { readonly request: string; readonly limit: string | undefined } {
  const limit = statedLimit ?? larger(profileLimit, statedRequest);
  const request = statedRequest ?? smaller(profileRequest, limit);
  return { request: canonicalQuantity(request), limit: limit === undefined ? undefined : canonicalQuantity(limit) };
}

function largest(size: string, other: string | undefined): string {
  return other !== undefined && compareQuantities(other, size) > 0 ? other : size;
}

/** The profile's limit, unless the request is above it; no limit stays none. */
function larger(limit: string | undefined, request: Amount): Amount {
  return limit !== undefined && request !== undefined && compareQuantities(request, limit) > 0 ? request : limit;
}

function smaller(request: string, limit: Amount): string | number {
  return limit !== undefined && compareQuantities(limit, request) < 0 ? limit : request;
}
