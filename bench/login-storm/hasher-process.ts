/** Hashes passwords as the service does, but beside it, one after the other. */
import { Registry } from 'prom-client';
import { createPasswordHasher } from '../../services/user/secrets/password-hasher.ts';
import { workOnDemand } from './work-on-demand.ts';

/** What the service has by default on two processors: services/user/settings.ts. */
const rules = { memoryKib: 19_456, passes: 2, concurrency: 1, waiting: 0 };
const passwords = createPasswordHasher(rules, new Registry());

workOnDemand(1, async () => {
  await passwords.hash('violet-harbour-lantern-42');
  return 'hashed';
});
