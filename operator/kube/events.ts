import { type KubernetesObject, type ObjectRef, refKey, refOf } from '../api/kubernetes.ts';
import { EventLimiter } from './event-limiter.ts';
import { seriesKey, toEventObject, toMicroTime } from './event-object.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeMetrics } from './metrics.ts';
import type { KubeLogger } from './ports.ts';

/**
 * Writes `events.k8s.io/v1` Events in the background. Equal events of ten minutes become one series; each object may
 * send 25 at once and then one per 5 minutes (client-go's spam filter). Never blocks and never fails a pass.
 */
export interface EventRecorder<Reason extends string> {
  record(event: RecordedEvent<Reason>): void;
  /** Sends what is queued and the counts of open series; resolves also when that fails or `signal` aborts. */
  flush(signal?: AbortSignal): Promise<void>;
  /** `flush`, then drops everything that comes after. */
  stop(signal?: AbortSignal): Promise<void>;
}

export interface RecordedEvent<Reason extends string> {
  /** The object that the event is about: needs its uid. */
  readonly regarding: KubernetesObject;
  readonly related?: ObjectRef;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, from the caller's fixed list. */
  readonly reason: Reason;
  /** CamelCase verb of what the operator did, e.g. `Apply`. */
  readonly action: string;
  /** A sentence for a human; cut at 1,024 characters, the server's limit. */
  readonly note: string;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** e.g. `ecommerce.stack/operator`. */
  readonly controller: string;
  /** Name of the pod or host. */
  readonly instance: string;
  readonly logger: KubeLogger;
  readonly metrics: KubeMetrics;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Holds no timer until the first event. */
export function createEventRecorder<Reason extends string>(options: EventRecorderOptions): EventRecorder<Reason> {
  return new BackgroundRecorder<Reason>(options);
}

/** Equal events within this time are one series (client-go: 6 minutes; the operator's passes repeat every 5). */
const seriesMs = 600_000;
/** How often the counts of open series are sent. */
const seriesFlushMs = 60_000;
/** Events that wait to be sent; more are dropped, because the API server is not taking them. */
const maxQueued = 1_000;

interface Series {
  readonly ref: ObjectRef;
  /** Object that the spam filter counts against. */
  readonly subject: string;
  count: number;
  /** Count that the server knows. */
  sentCount: number;
  lastMs: number;
}

class BackgroundRecorder<Reason extends string> implements EventRecorder<Reason> {
  readonly #options: EventRecorderOptions;
  readonly #now: () => number;
  readonly #limiter = new EventLimiter();
  readonly #series = new Map<string, Series>();
  readonly #queue: (() => Promise<void>)[] = [];
  #sending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  record(event: RecordedEvent<Reason>): void {
    if (this.#isStopped) {
      return;
    }
    this.#timer ??= setInterval(() => this.#queueSeries(), seriesFlushMs).unref();
    const key = seriesKey(event);
    const nowMs = this.#now();
    const series = this.#series.get(key);
    if (series !== undefined && nowMs - series.lastMs < seriesMs) {
      series.count += 1;
      series.lastMs = nowMs;
      this.#count('aggregated');
      return;
    }
    this.#startSeries(key, event, nowMs);
  }

  async flush(signal?: AbortSignal): Promise<void> {
    this.#queueSeries();
    const sent = this.#sending ?? Promise.resolve();
    await (signal === undefined ? sent : Promise.race([sent, aborted(signal)]));
  }

  async stop(signal?: AbortSignal): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.flush(signal);
  }

  #startSeries(key: string, event: RecordedEvent<Reason>, nowMs: number): void {
    const subject = event.regarding.metadata.uid ?? refKey(refOf(event.regarding));
    if (!this.#limiter.take(subject, nowMs)) {
      this.#count('limited');
      return;
    }
    const object = toEventObject(event, this.#options, nowMs);
    this.#series.set(key, { ref: refOf(object), subject, count: 1, sentCount: 1, lastMs: nowMs });
    this.#enqueue(async () => {
      await this.#options.client.create(object);
      this.#count('sent');
    });
  }

  /** Sends the counts that the server does not know yet and forgets series that are over. */
  #queueSeries(): void {
    const nowMs = this.#now();
    for (const [key, series] of this.#series) {
      if (nowMs - series.lastMs >= seriesMs) {
        this.#series.delete(key);
      }
      if (series.count > series.sentCount && this.#limiter.take(series.subject, nowMs)) {
        this.#enqueue(() => this.#sendCount(series));
      }
    }
  }

  async #sendCount(series: Series): Promise<void> {
    const { count, lastMs } = series;
    await this.#options.client.patch(series.ref, { series: { count, lastObservedTime: toMicroTime(lastMs) } });
    series.sentCount = count;
    this.#count('sent');
  }

  #enqueue(send: () => Promise<void>): void {
    if (this.#queue.length >= maxQueued) {
      this.#count('dropped');
      return;
    }
    this.#queue.push(send);
    this.#sending ??= this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    for (let send = this.#queue.shift(); send !== undefined; send = this.#queue.shift()) {
      try {
        await send();
      } catch (error) {
        this.#count('failed');
        this.#options.logger.debug({ err: error }, 'an Event was not written');
      }
    }
    this.#sending = undefined;
  }

  #count(outcome: 'sent' | 'aggregated' | 'limited' | 'dropped' | 'failed'): void {
    this.#options.metrics.events.inc({ outcome });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
