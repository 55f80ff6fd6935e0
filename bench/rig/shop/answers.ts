import type { Answer } from '#chassis/testing/service-under-test.ts';

export type { Answer } from '#chassis/testing/service-under-test.ts';

/** The answer, if it has the status: an error path is quick and proves nothing. */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status !== status) {
    throw new Error(`${answer.status} instead of ${status}: ${answer.text}`);
  }
  return answer;
}

/** The same for 200, when it comes. */
export async function ok(answer: Promise<Answer>): Promise<Answer> {
  return expectStatus(await answer, 200);
}
