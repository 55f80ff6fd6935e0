/** Problems of stock, warehouses and reservations. */
import type { ProblemType } from './problem-type.ts';

export const stockProblems = {
  'out-of-stock': {
    status: 409,
    title: 'Not enough is in stock',
    cause: 'At least one line wants more than can be had. Nothing was changed.',
    remedy: 'Take fewer; each entry of `errors` names a line and how many can be had.',
  },
  'warehouse-code-taken': {
    status: 409,
    title: 'The code of the warehouse is taken',
    cause: 'Another warehouse has this code.',
    remedy: 'Choose another code.',
  },
  'stock-promised': {
    status: 409,
    title: 'The stock cannot be taken away',
    cause: 'Fewer units are there than should go, or some of them are reserved or sold.',
    remedy: 'Each entry of `errors` names a line and what is there. Release reservations first, or correct the count.',
  },
  'order-already-reserved': {
    status: 409,
    title: 'The order has another reservation',
    cause: 'An order has one reservation, and this one has other lines.',
    remedy: 'Release it and use a new order.',
  },
  'too-many-reservations': {
    status: 409,
    title: 'Too much is held for the customer already',
    cause: 'The customer, or the cart of a guest, has as many active reservations as the shop allows at once.',
    remedy: 'Pay or give up an order that is open; what is not paid ends by itself.',
  },
  'reservation-closed': {
    status: 409,
    title: 'The reservation is over',
    cause: 'It was confirmed, released, or its time was over; `detail` says which.',
    remedy: 'Place the order again.',
  },
  'warehouse-unknown': {
    status: 422,
    title: 'The warehouse does not exist',
    cause: 'The body or the path names a warehouse that is not there.',
    remedy: 'Use the id of a warehouse from `GET /api/v1/warehouses`.',
  },
  'reference-reused': {
    status: 422,
    title: 'The reference belongs to another adjustment',
    cause: 'The same `reference` came before with other content.',
    remedy: 'Use a new reference for a new adjustment.',
  },
} as const satisfies Readonly<Record<string, ProblemType>>;
