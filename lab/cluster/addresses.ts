import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runSystem } from '../programs/run.ts';
import { registeredLabs } from './machine.ts';

/** 10.246.N.0/30 for N = 0..255: as many labs side by side as one machine will ever have. */
const slots = 256;

/** The node and the API server as pods see them; the same in every lab, for each has its own network. */
export const nodeAddress = '10.245.0.1';
export const nodeRange = '10.245.0.0/24';
/** The address of CoreDNS's Service. */
export const dnsAddress = '10.96.0.10';

/** Where a lab and this machine meet. */
export interface LabAddresses {
  readonly slot: number;
  /** Name of the link on this machine's side. */
  readonly link: string;
  readonly hostAddress: string;
  readonly labAddress: string;
  readonly serverUrl: string;
}

/** Addresses of one slot. */
export function addressesOf(slot: number): LabAddresses {
  const labAddress = `10.246.${slot}.2`;
  return {
    slot,
    link: `eclab${slot}`,
    hostAddress: `10.246.${slot}.1`,
    labAddress,
    serverUrl: `https://${labAddress}:6443`,
  };
}

/** The lowest slot that no lab, no link and no route of this machine uses. */
export async function findFreeSlot(): Promise<number> {
  const [recorded, routes] = await Promise.all([recordedSlots(), listRoutes()]);
  for (let slot = 0; slot < slots; slot += 1) {
    if (!recorded.has(slot) && !routes.some((route) => overlapsSlot(route, slot))) {
      return slot;
    }
  }
  throw new Error(`no free address range: all of 10.246.0.0/16 is in use on this machine (ip route show table all)`);
}

/** Slots of all labs of this machine; a lab that is being made may have no link yet. */
export async function recordedSlots(registry?: string): Promise<ReadonlySet<number>> {
  const labs = await registeredLabs(registry);
  const recorded = await Promise.all(labs.map((directory) => readSlot(join(directory, 'lab.json'))));
  return new Set(recorded.filter((slot) => slot !== undefined));
}

async function readSlot(path: string): Promise<number | undefined> {
  try {
    // `as`: a state file, see state.ts.
    return (JSON.parse(await readFile(path, 'utf8')) as { readonly slot: number }).slot;
  } catch {
    return undefined;
  }
}

async function listRoutes(): Promise<readonly string[]> {
  const output = await runSystem(['ip', '-4', '-json', 'route', 'show', 'table', 'all']);
  // `as`: the JSON of ip-route(8).
  const routes = JSON.parse(output || '[]') as readonly { readonly dst?: string }[];
  return routes.flatMap(({ dst }) => (dst === undefined || dst === 'default' ? [] : [dst]));
}

/** True when a route (an address or a range in CIDR form) has an address in common with the slot's range. */
export function overlapsSlot(route: string, slot: number): boolean {
  const [address = '', length = '32'] = route.split('/');
  const bits = Math.min(Number(length), 30);
  const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
  return (toNumber(address) & mask) === (toNumber(`10.246.${slot}.0`) & mask);
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
