/** Hashes passwords as the service does, but beside it: for each message so many milliseconds long, one after the other. */
import { argon2, randomBytes } from 'node:crypto';
import { setPriority } from 'node:os';
import { promisify } from 'node:util';
import { hashingNice } from '../../services/user/secrets/hashing-threads.ts';

const derive = promisify(argon2);
const parameters = { message: Buffer.from('violet-harbour-lantern-42'), parallelism: 1, tagLength: 32 };
/** What the service has by default: services/user/settings.ts. */
const work = { memory: 19_456, passes: 2 };

setPriority(hashingNice);

process.on('message', (durationMs: number) => {
  void hashFor(durationMs).then((hashed) => process.send?.({ hashed }));
});
process.on('disconnect', () => process.exit(0));

async function hashFor(durationMs: number): Promise<number> {
  const end = performance.now() + durationMs;
  let hashed = 0;
  while (performance.now() < end) {
    await derive('argon2id', { ...parameters, ...work, nonce: randomBytes(16) });
    hashed += 1;
  }
  return hashed;
}
