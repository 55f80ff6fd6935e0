/** `/api/v1/me/addresses` */
import { noContent, parseIfMatch, toETag } from '#chassis/http/replies.ts';
import type { Route } from '#chassis/http/route.ts';
import { ProblemError } from '#chassis/problem.ts';
import type { UserDeps } from '../deps.ts';
import { createAddress, deleteAddress, listAddresses, readAddress, updateAddress } from '../store/addresses.ts';
import { callerId, privateHeaders, route, toReply, unwrap } from './deps.ts';
import { addressListSchema, addressPatchSchema, addressSchema, idParams, newAddressSchema } from './schemas.ts';

const tag = 'addresses';
const access = 'authenticated';
const etagHeader = { etag: 'Version of the address; send it as `If-Match` to change it.' };

const list = route(
  {
    operationId: 'listAddresses',
    method: 'GET',
    path: '/api/v1/me/addresses',
    summary: 'List the own addresses',
    description: 'All of them, the oldest first; there are 50 at most.',
    tag,
    access,
    responses: { 200: { description: 'The addresses.', schema: addressListSchema } },
    problems: ['not-found'],
  },
  async (input, { database, personalData }) => {
    const items = await listAddresses(database.primary, personalData, callerId(input));
    return { status: 200, body: { items }, headers: privateHeaders };
  },
);

const read = route(
  {
    operationId: 'getAddress',
    method: 'GET',
    path: '/api/v1/me/addresses/{id}',
    summary: 'Read one of the own addresses',
    tag,
    access,
    params: idParams,
    responses: { 200: { description: 'The address.', schema: addressSchema, headers: etagHeader } },
    problems: ['not-found'],
  },
  async (input, { database, personalData }) => {
    const { id } = input.params;
    const address = await readAddress(database.primary, personalData, { id, userId: callerId(input) });
    if (address === undefined) throw new ProblemError('not-found', `there is no address ${id}`);
    return { status: 200, body: address, headers: { ...privateHeaders, etag: toETag(address.version) } };
  },
);

const create = route(
  {
    operationId: 'createAddress',
    method: 'POST',
    path: '/api/v1/me/addresses',
    summary: 'Add an address',
    description: 'The first one is the default for shipping and billing.',
    tag,
    access,
    body: { schema: newAddressSchema, description: 'The address.' },
    idempotency: 'optional',
    responses: {
      201: {
        description: 'Added.',
        schema: addressSchema,
        headers: { ...etagHeader, location: 'Address of the resource.' },
      },
    },
    problems: ['not-found', 'too-many-addresses'],
  },
  async (input, deps) => {
    const ids = { userId: callerId(input), id: deps.newId() };
    const result = await createAddress(deps.database, deps.personalData, ids, input.body);
    return toReply(result, 201, { location: `/api/v1/me/addresses/${ids.id}` });
  },
);

const change = route(
  {
    operationId: 'updateAddress',
    method: 'PATCH',
    path: '/api/v1/me/addresses/{id}',
    summary: 'Change an address',
    description: 'An address that becomes a default takes that from the one which was it.',
    tag,
    access,
    params: idParams,
    body: {
      schema: addressPatchSchema,
      description: 'The fields to change.',
      mediaTypes: ['application/merge-patch+json'],
    },
    precondition: 'if-match',
    responses: { 200: { description: 'Changed.', schema: addressSchema, headers: etagHeader } },
    problems: ['not-found'],
  },
  async (input, { database, personalData }) => {
    const target = { id: input.params.id, userId: callerId(input), version: parseIfMatch(input.ifMatch) };
    return toReply(await updateAddress(database, personalData, target, input.body));
  },
);

const remove = route(
  {
    operationId: 'deleteAddress',
    method: 'DELETE',
    path: '/api/v1/me/addresses/{id}',
    summary: 'Delete an address',
    description: 'Orders keep their copy.',
    tag,
    access,
    params: idParams,
    precondition: 'if-match',
    responses: { 204: { description: 'Deleted.' } },
    problems: ['not-found'],
  },
  async (input, { database }) => {
    const target = { id: input.params.id, userId: callerId(input), version: parseIfMatch(input.ifMatch) };
    unwrap(await deleteAddress(database, target));
    return noContent();
  },
);

export const addressRoutes: readonly Route<UserDeps>[] = [list, read, create, change, remove];
