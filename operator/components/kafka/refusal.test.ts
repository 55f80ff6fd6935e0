import test from 'ava';
import { creationRefusal, describeRefusal } from './refusal.ts';

function topicError(type: string, message: string): Error {
  return Object.assign(new Error(message), { type });
}

const exists = topicError('TOPIC_ALREADY_EXISTS', 'Topic with this name already exists');
const denied = topicError('TOPIC_AUTHORIZATION_FAILED', 'Not authorized');

test('topics that are there by now are no refusal; the first other reason is', (t) => {
  t.is(creationRefusal(Object.assign(new Error('Topic creation errors'), { errors: [exists, exists] })), undefined);
  t.is(
    creationRefusal(Object.assign(new Error('Topic creation errors'), { errors: [exists, denied] })),
    'Not authorized',
  );
});

test('an error without parts speaks for itself', (t) => {
  t.is(creationRefusal(new Error('no answer in 5000 ms')), 'no answer in 5000 ms');
  t.is(describeRefusal('strange'), 'strange');
  t.is(describeRefusal(Object.assign(new Error('several'), { errors: [denied, exists] })), 'Not authorized');
});
