/** `/api/v1/reservations`: for the service that takes orders. */
import type { Input, Reply, Route } from '#chassis/http/route.ts';
import { ProblemError, refused } from '#chassis/problem.ts';
import type { InventoryDeps } from '../deps.ts';
import type { Ending, Reservation } from '../domain/reservation.ts';
import { extendReservation, readReservation } from '../store/reservations.ts';
import { actorOf, orderTakers, privateHeaders, route } from './deps.ts';
import { extensionSchema, idParams, newReservationSchema, reservationSchema } from './schemas.ts';

const tag = 'reservations';
const path = '/api/v1/reservations';

const create = route(
  {
    operationId: 'createReservation',
    criticality: 'critical',
    method: 'POST',
    path,
    summary: 'Hold stock for an order',
    description:
      'All lines or none, until `expiresAt`. An order has one reservation: the same request again gets it as it is by now, perhaps over.',
    tag,
    access: orderTakers,
    body: { schema: newReservationSchema, description: 'What is to be held.' },
    responses: {
      200: { description: 'The order had it already.', schema: reservationSchema },
      201: { description: 'Held.', schema: reservationSchema, headers: { location: 'Address of the reservation.' } },
    },
    problems: ['out-of-stock', 'order-already-reserved', 'too-many-reservations'],
  },
  async (input, { reserving, reservations }) => {
    const { orderId, holderId, lines, strategy = reservations.strategy, ttlSeconds } = input.body;
    const holder = holderId === undefined ? undefined : { id: holderId, limit: reservations.perCustomer };
    const ttlMs = Math.min(ttlSeconds === undefined ? reservations.ttlMs : ttlSeconds * 1000, reservations.longestMs);
    const result = await reserving.add({ orderId, holder, lines, strategy, ttlMs, actor: actorOf(input) });
    if (result.state === 'refused') throw refused(result.refusal);
    if (!result.isNew) return toReply(result.reservation);
    const headers = { ...privateHeaders, location: `${path}/${result.reservation.id}` };
    return { status: 201, body: result.reservation, headers };
  },
);

const read = route(
  {
    operationId: 'getReservation',
    criticality: 'critical',
    method: 'GET',
    path: `${path}/{id}`,
    summary: 'Read a reservation',
    tag,
    access: orderTakers,
    params: idParams,
    responses: { 200: { description: 'The reservation.', schema: reservationSchema } },
    problems: ['not-found'],
  },
  async ({ params: { id } }, { database }) => {
    const reservation = await readReservation(database.primary, id);
    if (reservation === undefined) throw new ProblemError('not-found', `there is no reservation ${id}`);
    return toReply(reservation);
  },
);

const extend = route(
  {
    operationId: 'extendReservation',
    criticality: 'critical',
    method: 'POST',
    path: `${path}/{id}/extend`,
    summary: 'Hold the stock for longer',
    description: 'From now on; never shorter than before, and not beyond the longest life of a reservation.',
    tag,
    access: orderTakers,
    params: idParams,
    body: { schema: extensionSchema, description: 'For how long.' },
    responses: { 200: { description: 'Extended.', schema: reservationSchema } },
    problems: ['not-found', 'reservation-closed'],
  },
  async ({ params: { id }, body: { ttlSeconds } }, { database, reservations }) => {
    const ttlMs = ttlSeconds === undefined ? reservations.ttlMs : ttlSeconds * 1000;
    const extended = await extendReservation(database.primary, id, { ttlMs, longestMs: reservations.longestMs });
    if (extended !== undefined) return toReply(extended);
    const present = await readReservation(database.primary, id);
    if (present === undefined) throw new ProblemError('not-found', `there is no reservation ${id}`);
    throw new ProblemError('reservation-closed', `the reservation ${id} is ${present.status}`);
  },
);

const confirm = route(
  {
    operationId: 'confirmReservation',
    criticality: 'critical',
    method: 'POST',
    path: `${path}/{id}/confirm`,
    summary: 'Sell what is held',
    tag,
    access: orderTakers,
    params: idParams,
    responses: { 200: { description: 'Sold, now or before.', schema: reservationSchema } },
    problems: ['not-found', 'reservation-closed'],
  },
  (input, deps) => end(input, deps, 'confirm'),
);

const release = route(
  {
    operationId: 'releaseReservation',
    criticality: 'critical',
    method: 'POST',
    path: `${path}/{id}/release`,
    summary: 'Give back what is held',
    tag,
    access: orderTakers,
    params: idParams,
    responses: { 200: { description: 'Free again, now or before.', schema: reservationSchema } },
    problems: ['not-found', 'reservation-closed'],
  },
  (input, deps) => end(input, deps, 'release'),
);

export const reservationRoutes: readonly Route<InventoryDeps>[] = [create, read, extend, confirm, release];

async function end(
  input: Pick<Input<{ readonly id: string }, unknown, unknown>, 'params' | 'identity'>,
  { ending }: InventoryDeps,
  how: Ending,
): Promise<Reply> {
  const result = await ending.add({ id: input.params.id, ending: how, actor: actorOf(input) });
  if (result.state === 'refused') throw refused(result.refusal);
  return toReply(result.reservation);
}

function toReply(reservation: Reservation): Reply {
  return { status: 200, body: reservation, headers: privateHeaders };
}
