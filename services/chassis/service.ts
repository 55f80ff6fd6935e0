/** `createService`: a service as data. What services have in common is in the chassis; `runService` makes a process of it. */
import type { Admissions } from './admission/open-admissions.ts';
import type { httpSettings, processSettings } from './config/base.ts';
import type { Live } from './config/live.ts';
import type { SettingGroups, Settings } from './config/settings.ts';
import type { Check } from './health.ts';
import type { Route } from './http/route.ts';
import type { EdgeHandler } from './http/server.ts';
import type { IdempotencyStore } from './idempotency/store.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { MigrationSettings } from './migrations/runner.ts';
import type { WarmUp } from './warm-up.ts';

/** Groups of settings that every service has. */
export interface CommonGroups {
  readonly process: typeof processSettings;
  readonly http: ReturnType<typeof httpSettings>;
}

/** What the chassis gives a service while it is being built. */
export interface Platform<Groups extends SettingGroups> {
  readonly name: string;
  readonly settings: Settings<Groups>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly admissions: Admissions;
  /** Adds a dependency to `/health`. */
  addCheck(check: Check): void;
  /** Registers a resource; resources are closed in reverse order once no request is left. */
  onClose(name: string, close: () => Promise<void>): void;
}

/** Long-running work beside requests: an event consumer, a relay, a timer. */
export interface Worker {
  readonly name: string;
  /** Resolves when it runs. */
  start(): Promise<void>;
  /** Finishes what it is doing and takes nothing new. */
  stop(): Promise<void>;
}

/** One more word on the command line, e.g. `seed`. */
export interface Command<Deps> {
  readonly summary: string;
  run(deps: Deps, logger: Logger): Promise<void>;
}

/** A service as data. */
export interface ServiceDefinition<Groups extends SettingGroups & CommonGroups, Deps> {
  readonly name: string;
  readonly title: string;
  /** First paragraph of the API description. */
  readonly description: string;
  readonly settings: Groups;
  readonly routes: readonly Route<Deps>[];
  /** Opens stores and builds what handlers need. Does not wait for a store: readiness tells about that. */
  readonly build: (platform: Platform<Groups>) => Deps;
  /** What verifies the internal identity; absent: nobody can be signed in. */
  readonly identityKeys?: (settings: Settings<Groups>) => Live<readonly string[]>;
  readonly migrations?: Migrations<Groups>;
  /** Beside requests; started after `build`, stopped before stores are closed. */
  readonly workers?: (deps: Deps) => readonly Worker[];
  readonly idempotency?: (deps: Deps) => IdempotencyStore;
  /** Answers requests before the routes do (the gateway's proxy). */
  readonly edge?: (deps: Deps, platform: Platform<Groups>) => EdgeHandler;
  /** What a starting process asks itself for `APP_WARM_UP_MS`. */
  readonly warmUp?: WarmUp;
  readonly commands?: Readonly<Record<string, Command<Deps>>>;
}

export interface Migrations<Groups extends SettingGroups> {
  /** Folder of the numbered `.sql` files. */
  readonly folder: URL;
  /** Names of the groups that the command `migrate` needs: it must run before the rest is configured. */
  readonly groups: readonly (keyof Groups & string)[];
  readonly settings: (settings: Settings<Groups>) => MigrationSettings;
}

/** Keeps the types of a definition; the value is returned unchanged. */
export function createService<const Groups extends SettingGroups & CommonGroups, Deps>(
  definition: ServiceDefinition<Groups, Deps>,
): ServiceDefinition<Groups, Deps> {
  return definition;
}
