/** A small service without stores: what the chassis does is tested on it. */
import { once } from 'node:events';
import { z } from 'zod';
import { httpSettings, identitySettings, processSettings } from '../config/base.ts';
import { routesWith } from '../http/route.ts';
import { ProblemError } from '../problem.ts';
import { createService } from '../service.ts';

export interface SampleDeps {
  /** Called with the signal of each request to `/wait`. */
  readonly onWait: (signal: AbortSignal) => void;
  /** Resolves when requests to `/wait` may go on. */
  readonly gate: Promise<void>;
}

const route = routesWith<SampleDeps>();
const tag = 'sample';
const greeting = z.strictObject({ greeting: z.string() });
const ok = { 200: { description: 'Fine.', schema: greeting } };

const routes = [
  route(
    {
      operationId: 'greet',
      method: 'POST',
      path: '/greetings/{language}',
      summary: 'Greet',
      tag,
      access: 'public',
      params: z.strictObject({ language: z.enum(['en', 'de']) }),
      query: z.strictObject({ loud: z.enum(['true', 'false']).optional() }),
      body: { schema: z.strictObject({ name: z.string().min(1).max(20) }), description: 'Whom.', limitBytes: 1000 },
      responses: ok,
    },
    async ({ params, query, body }) => {
      const text = `${params.language === 'de' ? 'Hallo' : 'Hello'} ${body.name}`;
      return { status: 200, body: { greeting: query.loud === 'true' ? text.toUpperCase() : text } };
    },
  ),
  route(
    {
      operationId: 'wait',
      criticality: 'sheddable',
      method: 'GET',
      path: '/wait',
      summary: 'Wait',
      tag,
      access: 'public',
      responses: ok,
      timeoutMs: 60_000,
    },
    async ({ context }, deps) => {
      deps.onWait(context.signal);
      await Promise.race([deps.gate, once(context.signal, 'abort')]);
      return { status: 200, body: { greeting: 'done' } };
    },
  ),
  route(
    { operationId: 'admins', method: 'GET', path: '/admins', summary: 'Roles', tag, access: ['admin'], responses: ok },
    async ({ identity }) => ({ status: 200, body: { greeting: identity?.subject } }),
  ),
  route(
    {
      operationId: 'members',
      method: 'GET',
      path: '/members',
      summary: 'Signed in',
      tag,
      access: 'authenticated',
      responses: ok,
    },
    async ({ identity }) => ({ status: 200, body: { greeting: identity?.subject } }),
  ),
  route(
    { operationId: 'client', method: 'GET', path: '/client', summary: 'Origin', tag, access: 'public', responses: ok },
    async ({ client }) => ({ status: 200, body: { greeting: `${client.address} ${client.userAgent}` } }),
  ),
  route(
    {
      operationId: 'proof',
      method: 'GET',
      path: '/proof',
      summary: 'Declared headers and cookies',
      tag,
      access: 'public',
      headers: { 'x-proof': 'A proof.' },
      cookies: { proof: 'The same.' },
      responses: ok,
    },
    async ({ headers, cookies }) => ({ status: 200, body: { greeting: JSON.stringify([headers, cookies]) } }),
  ),
  route(
    {
      operationId: 'leak',
      method: 'GET',
      path: '/leak',
      summary: 'Answers too much',
      tag,
      access: 'public',
      responses: ok,
    },
    async () => ({ status: 200, body: { greeting: 'hi', passwordHash: 'secret' } }),
  ),
  route(
    {
      operationId: 'crash',
      method: 'GET',
      path: '/crash',
      summary: 'Has a defect',
      tag,
      access: 'public',
      responses: ok,
    },
    async () => {
      throw new Error('the secret cause');
    },
  ),
  route(
    {
      operationId: 'purchase',
      criticality: 'critical',
      method: 'GET',
      path: '/purchase',
      summary: 'Waits as well, and matters',
      tag,
      access: 'public',
      responses: ok,
    },
    async (_, deps) => {
      await deps.gate;
      return { status: 200, body: { greeting: 'bought' } };
    },
  ),
  route(
    { operationId: 'refuse', method: 'GET', path: '/refuse', summary: 'Refuses', tag, access: 'public', responses: ok },
    async () => {
      throw new ProblemError('service-unavailable', 'later', { retryAfterSeconds: 3 });
    },
  ),
];

export const sampleSettings = { process: processSettings, http: httpSettings(0), identity: identitySettings } as const;

/** The definition around the given dependencies. */
export function sampleService(deps: Partial<SampleDeps> = {}) {
  return createService({
    name: 'sample',
    title: 'Sample',
    description: 'For tests.',
    settings: sampleSettings,
    routes,
    identityKeys: (settings) => settings.identity.internalKeys,
    build: (): SampleDeps => ({ onWait: () => undefined, gate: Promise.resolve(), ...deps }),
  });
}
