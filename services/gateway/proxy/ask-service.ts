/** Asks a service on behalf of a caller: with the breaker and the retry budget that requests which are passed on have. */
import type { z } from 'zod';
import { askJson, type Question, UnexpectedStatusError } from '#chassis/neighbours/ask-json.ts';
import { ProblemError } from '#chassis/problem.ts';
import type { Verdict } from './breaker.ts';
import { classify } from './failures.ts';
import type { Upstream } from './upstreams.ts';

const mostAttempts = 2;

/**
 * The answer, if it is 200 and what the schema says. Rejects with `not-found` when the service says so, otherwise with the
 * problem of a gateway: `upstream-unavailable`, `upstream-timeout` or `bad-gateway`.
 */
export async function askService<Schema extends z.ZodType>(
  upstream: Upstream,
  question: Question,
  schema: Schema,
): Promise<z.output<Schema>> {
  upstream.retries.deposit();
  for (let attempt = 1; ; attempt += 1) {
    const admission = upstream.breaker.admit();
    if (admission.state === 'refused') throw new ProblemError('upstream-unavailable');
    try {
      const answer = await askJson(upstream.pool, question, schema);
      admission.permit.settle('good');
      return answer;
    } catch (error) {
      const { problem, verdict, isRepeatable } = judge(error, question.signal);
      admission.permit.settle(verdict);
      if (!isRepeatable || attempt === mostAttempts || !upstream.retries.take()) throw problem;
    }
  }
}

interface Judgement {
  readonly problem: ProblemError;
  readonly verdict: Verdict;
  readonly isRepeatable: boolean;
}

function judge(error: unknown, signal: AbortSignal): Judgement {
  if (error instanceof UnexpectedStatusError) return { problem: ofStatus(error), verdict: 'good', isRepeatable: false };
  if (signal.aborted) {
    const isLate = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
    const problem = new ProblemError('upstream-timeout', undefined, { cause: error });
    return { problem, verdict: isLate ? 'bad' : 'unknown', isRepeatable: false };
  }
  // Not from the connection: what came is not what the service should say.
  if (!(error instanceof Error && 'code' in error)) {
    const problem = new ProblemError('bad-gateway', undefined, { cause: error });
    return { problem, verdict: 'good', isRepeatable: false };
  }
  const [outcome, problem] = classify(error);
  return { problem, verdict: 'bad', isRepeatable: outcome === 'unreachable' || outcome === 'failed' };
}

function ofStatus(error: UnexpectedStatusError): ProblemError {
  if (error.status === 404) return new ProblemError('not-found', undefined, { cause: error });
  return new ProblemError(error.status >= 500 ? 'upstream-unavailable' : 'bad-gateway', undefined, { cause: error });
}
