/** The process of the guessers. */
import { Pool } from 'undici';
import { workOnDemand } from './work-on-demand.ts';

/** They never wait, and are far more than can be hashed. */
const guessers = 64;
const password = 'violet-harbour-lantern-42';
const pool = new Pool(process.argv[2] ?? '', { connections: guessers, pipelining: 1 });
let strangers = 0;

workOnDemand(guessers, signInAsNobody);

/** Each from another network and for another address, so that no lock keeps it from being hashed; resolves with the status. */
async function signInAsNobody(): Promise<string> {
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
  return String(statusCode);
}
