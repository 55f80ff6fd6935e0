/** What is told when Elasticsearch does not answer. */

import { ProblemError } from '#chassis/problem.ts';
import type { SearchClient } from '#chassis/search/client.ts';
import { SearchRefusedError, SearchUnavailableError } from '#chassis/search/errors.ts';

const busyStatuses = new Set([429, 502, 503, 504]);

/** Whether the same request may work in a while: no answer, no room, no master, or an index that is not made yet. */
export function isOutage(error: unknown): error is Error {
  if (error instanceof SearchUnavailableError) return true;
  if (!(error instanceof SearchRefusedError)) return false;
  return busyStatuses.has(error.status) || error.type === 'index_not_found_exception';
}

/** For what answers requests: an outage is `service-unavailable`, with the time after which to ask again. */
export function answeringClient(client: SearchClient): SearchClient {
  return {
    ...client,
    send: async (request) => {
      try {
        return await client.send(request);
      } catch (error) {
        if (!isOutage(error)) throw error;
        throw new ProblemError('service-unavailable', 'the search does not answer just now', {
          cause: error,
          retryAfterSeconds: 2,
        });
      }
    },
  };
}
