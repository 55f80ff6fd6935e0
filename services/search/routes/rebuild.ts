/** `/api/v1/search/rebuild` and `/api/v1/search/status`: for administrators. */
import type { Reply, Route } from '#chassis/http/route.ts';
import { ProblemError, refused } from '#chassis/problem.ts';
import type { SearchDeps } from '../deps.ts';
import type { Rebuild } from '../domain/rebuild.ts';
import { cancelRebuild, type RebuildResult, rollBack, startRebuild } from '../use-cases/manage-rebuild.ts';
import { readRebuild } from '../use-cases/rebuild-record.ts';
import { readSynonyms } from '../use-cases/synonym-book.ts';
import { observers, operators, privateHeaders, route } from './deps.ts';
import { rebuildSchema, startRebuildQuery, statusSchema } from './schemas.ts';

const tag = 'index';

const status = route(
  {
    operationId: 'getSearchStatus',
    method: 'GET',
    path: '/api/v1/search/status',
    summary: 'Indices, the last rebuild, synonyms',
    tag,
    access: observers,
    responses: { 200: { description: 'As it is now.', schema: statusSchema } },
  },
  async (_input, { pair, records }) => {
    const [indices, rebuild, synonyms] = await Promise.all([
      pair.inspect(),
      readRebuild(records),
      readSynonyms(records),
    ]);
    const body = {
      indices,
      rebuild: rebuild === undefined ? null : present(rebuild.value),
      synonymsVersion: synonyms.version,
    };
    return { status: 200, body, headers: privateHeaders };
  },
);

const start = route(
  {
    operationId: 'startRebuild',
    method: 'POST',
    path: '/api/v1/search/rebuild',
    summary: 'Rebuild the index',
    description:
      'Fills a new index from the product service beside the present one, which answers meanwhile, and lets it take its place once it has all products. Changes that come meanwhile are in both. Refused, or given up before the exchange, when most products of the present index would be gone. The index that an earlier rebuild kept for going back is given up.',
    tag,
    access: operators,
    query: startRebuildQuery,
    responses: {
      202: {
        description: 'Begins within a moment; `GET /api/v1/search/rebuild` tells how far it is.',
        schema: rebuildSchema,
        headers: { location: 'Where the progress is told.' },
      },
    },
    problems: ['rebuild-running', 'rebuild-impossible'],
  },
  async ({ identity, query: { force } }, deps) => {
    const by = identity?.subject ?? '';
    const products = {
      countProducts: () =>
        deps.products.countProducts().catch((cause: unknown) => {
          throw new ProblemError('service-unavailable', 'the product service does not answer just now', {
            cause,
            retryAfterSeconds: 2,
          });
        }),
    };
    const result = await startRebuild({ ...deps, products }, { id: deps.newId(), by, isForced: force });
    return toReply(result, 202, { location: '/api/v1/search/rebuild' });
  },
);

const read = route(
  {
    operationId: 'getRebuild',
    method: 'GET',
    path: '/api/v1/search/rebuild',
    summary: 'The present rebuild, or the last one',
    tag,
    access: observers,
    responses: { 200: { description: 'How far it is.', schema: rebuildSchema } },
    problems: ['not-found'],
  },
  async (_input, { records }) => {
    const rebuild = await readRebuild(records);
    if (rebuild === undefined) throw new ProblemError('not-found', 'the index was never rebuilt');
    return toReply({ state: 'done', rebuild: rebuild.value }, 200);
  },
);

const cancel = route(
  {
    operationId: 'cancelRebuild',
    method: 'POST',
    path: '/api/v1/search/rebuild/cancel',
    summary: 'Give up the running rebuild',
    tag,
    access: operators,
    responses: { 200: { description: 'Cancelled; the index stays as it is.', schema: rebuildSchema } },
    problems: ['rebuild-running', 'rebuild-impossible'],
  },
  async (_input, deps) => toReply(await cancelRebuild(deps), 200),
);

const back = route(
  {
    operationId: 'rollBackRebuild',
    method: 'POST',
    path: '/api/v1/search/rebuild/rollback',
    summary: 'Go back to the index before the last rebuild',
    description: 'It has had every change since, so nothing is lost. It stays until the next rebuild begins.',
    tag,
    access: operators,
    responses: { 200: { description: 'The earlier index answers again.', schema: rebuildSchema } },
    problems: ['rebuild-running', 'rebuild-impossible'],
  },
  async (_input, deps) => toReply(await rollBack(deps), 200),
);

export const rebuildRoutes: readonly Route<SearchDeps>[] = [status, start, read, cancel, back];

/** Without what is only for the replicas. */
function present({
  lastKey: _lastKey,
  worker: _worker,
  leaseUntil: _leaseUntil,
  isForced: _isForced,
  ...shown
}: Rebuild) {
  return shown;
}

function toReply(result: RebuildResult, code: number, headers: Readonly<Record<string, string>> = {}): Reply {
  if (result.state === 'refused') throw refused(result.refusal);
  return { status: code, body: present(result.rebuild), headers: { ...privateHeaders, ...headers } };
}
