/** Hashes passwords as the service does, but beside it: for each message so many milliseconds long, one after the other. */
import { Registry } from 'prom-client';
import { createPasswordHasher } from '../../services/user/secrets/password-hasher.ts';

/** What the service has by default on two processors: services/user/settings.ts. */
const rules = { memoryKib: 19_456, passes: 2, concurrency: 1, waiting: 0 };
const passwords = createPasswordHasher(rules, new Registry());

process.on('message', (durationMs: number) => {
  void hashFor(durationMs).then((hashed) => process.send?.({ hashed }));
});
process.on('disconnect', () => process.exit(0));

async function hashFor(durationMs: number): Promise<number> {
  const end = performance.now() + durationMs;
  let hashed = 0;
  while (performance.now() < end) {
    await passwords.hash('violet-harbour-lantern-42');
    hashed += 1;
  }
  return hashed;
}
