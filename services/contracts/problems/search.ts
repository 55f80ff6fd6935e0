/** Problems of the search index. */
import type { ProblemType } from './problem-type.ts';

export const searchProblems = {
  'rebuild-running': {
    status: 409,
    title: 'The search index is being rebuilt',
    cause: 'One rebuild runs at a time, and this one is not over, or somebody else has just changed it.',
    remedy: 'Wait until it is done, or cancel it.',
  },
  'rebuild-impossible': {
    status: 409,
    title: 'There is no rebuild to do that with',
    cause: 'Nothing is running that could be cancelled, or no earlier index is left to go back to.',
    remedy: 'Look at `GET /api/v1/search/status`.',
  },
} as const satisfies Readonly<Record<string, ProblemType>>;
