/** The process of the guessers: for each message they guess for so many milliseconds, and answer what they were told. */
import { Pool } from 'undici';

/** They never wait, and are far more than can be hashed. */
const guessers = 64;
const password = 'violet-harbour-lantern-42';
const pool = new Pool(process.argv[2] ?? '', { connections: guessers, pipelining: 1 });
let strangers = 0;

process.on('message', (durationMs: number) => {
  void guessFor(durationMs).then((told) => process.send?.(told));
});
process.on('disconnect', () => process.exit(0));

async function guessFor(durationMs: number): Promise<Readonly<Record<string, number>>> {
  const end = performance.now() + durationMs;
  const told: Record<string, number> = {};
  const guess = async () => {
    while (performance.now() < end) {
      const status = await signInAsNobody();
      told[status] = (told[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: guessers }, guess));
  return told;
}

/** Each from another network and for another address, so that no lock keeps it from being hashed. */
async function signInAsNobody(): Promise<number> {
  strangers += 1;
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/api/v1/auth/login',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': `10.${(strangers >> 16) & 255}.${(strangers >> 8) & 255}.${strangers & 255}`,
    },
    body: JSON.stringify({ email: `stranger-${strangers}@example.org`, password }),
  });
  await body.dump();
  return statusCode;
}
