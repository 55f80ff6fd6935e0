/** What only the shop's own processes may ask. */
import { z } from 'zod';
import { decodeCursor, encodeCursor } from '#chassis/http/cursor.ts';
import { cursorParameter } from '#chassis/http/parameters.ts';
import type { Route } from '#chassis/http/route.ts';
import { ProblemError } from '#chassis/problem.ts';
import { endedSessionsPath, endedSessionsSchema } from '#contracts/ended-sessions.ts';
import type { UserDeps } from '../deps.ts';
import { type EndedPosition, listEndedSessions } from '../store/ended-sessions.ts';
import { privateHeaders, route } from './deps.ts';

/** Verifiers accept tokens for some time after they expired, because clocks differ. */
const toleranceSeconds = 60;
const pageSize = 1000;
const listName = 'ended-sessions';

const endedSessions = route(
  {
    operationId: 'listEndedSessions',
    method: 'GET',
    path: endedSessionsPath,
    summary: 'Sessions that have ended lately',
    description:
      'Their access tokens are refused although they have not expired: signed out, locked, erased, another password, or a refresh token that came twice.',
    tag: 'internal',
    access: ['service'],
    query: z.strictObject({ after: cursorParameter.optional() }),
    responses: { 200: { description: 'Up to 1000 of them.', schema: endedSessionsSchema } },
    problems: ['invalid-cursor'],
  },
  async ({ query: { after } }, { database, accessTokens }) => {
    const keepSeconds = accessTokens.lifetimeSeconds + toleranceSeconds;
    const page = { after: readPosition(after), limit: pageSize, seconds: keepSeconds };
    const { items, isComplete, next } = await listEndedSessions(database.primary, page);
    const cursor = encodeCursor(listName, [next.endedAt, next.id]);
    return { status: 200, body: { items, next: cursor, isComplete, keepSeconds }, headers: privateHeaders };
  },
);

/** As the store prints times. */
const exactTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

function readPosition(cursor: string | undefined): EndedPosition | undefined {
  if (cursor === undefined) return undefined;
  const [endedAt, id] = decodeCursor(listName, cursor, 'text');
  const time = String(endedAt);
  // Anybody can make a cursor, and PostgreSQL takes no time that does not exist.
  if (!exactTime.test(time) || Number.isNaN(Date.parse(time)))
    throw new ProblemError('invalid-cursor', 'it has no time');
  return { endedAt: time, id };
}

export const internalRoutes: readonly Route<UserDeps>[] = [endedSessions];
