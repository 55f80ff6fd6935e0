/** `/api/v1/search/synonyms`: for editors. */
import { parseIfMatch, toETag } from '#chassis/http/replies.ts';
import type { Reply, Route } from '#chassis/http/route.ts';
import { ProblemError } from '#chassis/problem.ts';
import type { SearchDeps } from '../deps.ts';
import { readSynonyms, replaceSynonyms, type SynonymSet } from '../use-cases/synonym-book.ts';
import { editors, privateHeaders, route } from './deps.ts';
import { newSynonymsSchema, synonymsSchema } from './schemas.ts';

const tag = 'synonyms';
const etagHeader = { etag: 'Version of the set; send it as `If-Match` to replace it.' };

const read = route(
  {
    operationId: 'getSynonyms',
    method: 'GET',
    path: '/api/v1/search/synonyms',
    summary: 'Read the synonyms',
    tag,
    access: editors,
    responses: { 200: { description: 'All rules.', schema: synonymsSchema, headers: etagHeader } },
  },
  async (_input, { records }) => toReply(await readSynonyms(records)),
);

const replace = route(
  {
    operationId: 'replaceSynonyms',
    method: 'PUT',
    path: '/api/v1/search/synonyms',
    summary: 'Replace the synonyms',
    description: 'They hold for all searches within about a second; the index stays as it is.',
    tag,
    access: editors,
    body: { schema: newSynonymsSchema, description: 'All rules.', limitBytes: 1_048_576 },
    precondition: 'if-match',
    responses: { 200: { description: 'Replaced.', schema: synonymsSchema, headers: etagHeader } },
  },
  async ({ body, ifMatch }, { records, synonyms }) => {
    const written = await replaceSynonyms(records, parseIfMatch(ifMatch), body.rules);
    if (written === undefined)
      throw new ProblemError('precondition-failed', 'somebody else has replaced the synonyms; read them again');
    synonyms.take(written);
    return toReply(written);
  },
);

export const synonymRoutes: readonly Route<SearchDeps>[] = [read, replace];

function toReply(set: SynonymSet): Reply {
  return { status: 200, body: set, headers: { ...privateHeaders, etag: toETag(set.version) } };
}
