/** Collects the descriptions of the services behind the gateway, and keeps them for a while. */
import { z } from 'zod';
import { askService } from '../proxy/ask-service.ts';
import type { Upstreams } from '../proxy/upstreams.ts';
import { findRoute } from '../routes/find-route.ts';
import { type ApiDocument, type DescribedService, mergeDescriptions } from './merge.ts';

export type MergedDescription = ReturnType<typeof mergeDescriptions>;

export interface Descriptions {
  /** Of the whole shop. A service that does not answer is shown as it was, and named when nothing is known of it. */
  read(): Promise<MergedDescription>;
}

export interface DescriptionsOptions {
  readonly upstreams: Upstreams;
  /** Of the gateway's own routes. */
  readonly own: () => ApiDocument;
  readonly version: string;
  /** Milliseconds of a clock that only moves forward. */
  readonly now: () => number;
}

const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

/** A service changes its description with its version only. */
const keepMs = 60_000;
/** One that lacks a service is made again sooner. */
const retryMs = 5000;
const askTimeoutMs = 2000;

export function createDescriptions({ upstreams, own, version, now }: DescriptionsOptions): Descriptions {
  const known = new Map<string, ApiDocument>();
  let made: { readonly until: number; readonly description: Promise<MergedDescription> } | undefined;

  const learn = async (name: (typeof upstreams.names)[number]): Promise<string | undefined> => {
    const upstream = upstreams.of(name);
    if (upstream === undefined) return name;
    const question = { path: '/openapi.json', signal: AbortSignal.timeout(askTimeoutMs) };
    try {
      known.set(name, await askService(upstream, question, documentSchema));
      return undefined;
    } catch {
      // Said in the document itself; the breaker and its metrics tell the operator.
      return known.has(name) ? undefined : name;
    }
  };
  const make = async (): Promise<MergedDescription> => {
    const missing = (await Promise.all(upstreams.names.map(learn))).filter((name) => name !== undefined);
    if (missing.length > 0 && made !== undefined) made = { ...made, until: now() + retryMs };
    const services: DescribedService[] = [{ name: 'gateway', document: own() }];
    for (const [name, document] of known) services.push({ name, document });
    return mergeDescriptions(services, { title: 'The shop', version, missing, isReachable });
  };

  return {
    read: () => {
      if (made === undefined || now() >= made.until) made = { until: now() + keepMs, description: make() };
      return made.description;
    },
  };
}

function isReachable(service: string, path: string): boolean {
  return service === 'gateway' || findRoute(path.replaceAll(/\{\w+\}/g, 'x'))?.route.upstream === service;
}
