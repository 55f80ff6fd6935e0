import { fileURLToPath } from 'node:url';
import { findStale, writeStale } from './files.ts';
import { generators } from './generators.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

if (process.argv.includes('--check')) {
  const stale = findStale(root, generators);
  for (const path of stale) {
    console.error(`${path} is not what the code says: run "npm run generate" and commit the result`);
  }
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const path of writeStale(root, generators)) {
    console.log(`wrote ${path}`);
  }
}
