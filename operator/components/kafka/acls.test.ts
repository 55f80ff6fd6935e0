import test from 'ava';
import { deadLetterTopic, retryTopics, shopTopics } from '#contracts/topics.ts';
import { aCompleteStack } from '../../testing/complete.ts';
import { rightKey, wantedRights } from './acls.ts';

test('who handles a topic may read its dead letters, play them back into its retry topics, and keep its place', (t) => {
  const rights = new Set(wantedRights(aCompleteStack()).map(rightKey));
  for (const { name, consumers } of shopTopics) {
    for (const service of consumers) {
      const needed = [
        `${service} topic literal ${deadLetterTopic(name)} read`,
        `${service} topic literal ${deadLetterTopic(name)} describe`,
        ...retryTopics(name).map((retry) => `${service} topic literal ${retry.name} write`),
        `${service} group prefixed ${service}. read`,
      ];
      for (const right of needed) t.true(rights.has(right), right);
    }
  }
});

test('who only sends to a topic has nothing to do with its failures', (t) => {
  const rights = wantedRights(aCompleteStack());
  for (const { name, producers } of shopTopics) {
    const failures = [deadLetterTopic(name), ...retryTopics(name).map((retry) => retry.name)];
    const given = rights.filter(
      ({ service, name: topic }) => producers.some((one) => one === service) && failures.includes(topic),
    );
    t.deepEqual(given, []);
  }
});
