/** For the programs behind `LabWriter`: where they are, when they end, and names that this machine's resolver does not know. */
import { promises as dns } from 'node:dns';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** As `LabWriter` left it: the values of the connection Secret by key, and the address of the cluster's name server. */
export function readPlace(folder: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(folder, 'place.json'), 'utf8'));
}

/** Resolves when the writer is to stop; tells meanwhile how far it is. */
export async function untilStopped(folder: string, count: () => number): Promise<void> {
  while (!existsSync(join(folder, 'stop'))) {
    writeWhole(join(folder, 'count'), String(count()));
    await delay(200);
  }
}

/** Who reads the file meanwhile finds what was in it or what is: `writeFileSync` alone empties it first. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.draft`, text);
  renameSync(`${file}.draft`, file);
}

/** Addresses of a name inside the cluster, e.g. `shop-redis-0.shop-redis-nodes.shop.svc`. */
export function clusterResolver(server: string): (name: string) => Promise<readonly string[]> {
  const resolver = new dns.Resolver({ timeout: 1000, tries: 2 });
  resolver.setServers([server]);
  return (name) => resolver.resolve4(`${name}.cluster.local`);
}
