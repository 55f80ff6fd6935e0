/** Calls the operations of a service by their ids, and holds every answer against the description that it serves. */
import type { ExecutionContext } from 'ava';
import { type ApiDescription, readApiDescription } from './api-description.ts';
import type { Answer, CallOptions, ServiceUnderTest } from './service-under-test.ts';

/** `params`: values of the path's parameters by name, and `query` with its question mark. */
export type DescribedCall = (
  id: string,
  params?: Readonly<Record<string, string>>,
  options?: CallOptions,
) => Promise<Answer>;

export interface DescribedCalls {
  readonly api: ApiDescription;
  readonly call: DescribedCall;
  /** Statuses that were answered so far, by the operation's id. */
  readonly used: ReadonlyMap<string, ReadonlySet<number>>;
  /** Every operation that is described was called, and succeeded at least once. */
  assertAllWork(): void;
}

/** Reads the description that the service serves. */
export async function callAsDescribed(
  t: ExecutionContext,
  service: Pick<ServiceUnderTest, 'call'>,
): Promise<DescribedCalls> {
  const served = await service.call('GET', '/openapi.json');
  t.is(served.json.openapi, '3.1.0');
  const api = readApiDescription(served.json);
  const used = new Map<string, Set<number>>();
  return {
    api,
    used,
    call: async (id, params = {}, options = {}) => {
      const operation = api.operations.find((candidate) => candidate.id === id);
      if (operation === undefined) throw new Error(`${id} is not described`);
      const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
      const answer = await service.call(operation.method.toUpperCase(), path + (params['query'] ?? ''), options);
      t.is(api.findFault(operation, answer), undefined);
      used.set(id, (used.get(id) ?? new Set()).add(answer.status));
      return answer;
    },
    assertAllWork: () => {
      t.deepEqual([...used.keys()].toSorted(), api.operations.map((operation) => operation.id).toSorted());
      for (const [operation, statuses] of used)
        t.true(
          [...statuses].some((status) => status < 400),
          operation,
        );
    },
  };
}
