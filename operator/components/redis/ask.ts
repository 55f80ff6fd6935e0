import { converse, type Login, LoginRefusedError, type NodeTarget } from './client.ts';
import { questions, readAnswers } from './facts.ts';
import type { Answer } from './observed.ts';

/** One node's answers to everything that a pass wants to know. Never rejects: what goes wrong is an answer too. */
export async function askNode(target: NodeTarget, login: Login, signal: AbortSignal): Promise<Answer> {
  try {
    return readAnswers(await converse(target, login, questions, { signal }));
  } catch (error) {
    return {
      state: isRefusal(error) ? 'refused' : 'silent',
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

/** The login failed, or a command that must work was answered by an error (a right is missing). */
function isRefusal(error: unknown): boolean {
  return error instanceof LoginRefusedError || (error instanceof Error && error.name === 'ReplyError');
}
