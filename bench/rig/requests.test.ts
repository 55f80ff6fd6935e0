import test from 'ava';
import type { AuditEvent } from '../../lab/control-plane/audit.ts';
import { countRequests, describeRequest, requestsOf } from './requests.ts';

const anEvent = (verb: string, resource: string, rest: Partial<AuditEvent> = {}): AuditEvent => ({
  verb,
  requestURI: `/${resource}`,
  user: { username: 'operator' },
  objectRef: { resource, name: 'a' },
  stage: 'ResponseComplete',
  requestReceivedTimestamp: '',
  stageTimestamp: '',
  ...rest,
});

test('a watch counts when it starts and not again when it ends', (t) => {
  const events = [
    anEvent('watch', 'pods', { stage: 'ResponseStarted' }),
    anEvent('watch', 'pods'),
    anEvent('list', 'pods'),
    anEvent('list', 'pods', { user: { username: 'somebody' } }),
  ];
  t.like(countRequests(requestsOf(events, 'operator')), { watches: 1, reads: 1 });
});

test('writes are told apart by what they write', (t) => {
  const status = { objectRef: { resource: 'ecommercestacks', subresource: 'status', name: 'shop' } };
  const events = [
    anEvent('patch', 'deployments'),
    anEvent('delete', 'services'),
    anEvent('patch', 'ecommercestacks', status),
    anEvent('patch', 'ecommercestacks'),
    anEvent('create', 'events'),
    anEvent('get', 'secrets'),
  ];
  t.deepEqual(countRequests(events), { childWrites: 2, statusWrites: 1, otherWrites: 2, reads: 1, watches: 0 });
});

test('a request is described by verb and object', (t) => {
  t.is(describeRequest(anEvent('patch', 'deployments')), 'patch deployments/a');
});
