/** The handling of one event as a request: its log lines, and what it sends, belong to the trace of the event. */
import { isRequestId, parseTraceId } from '#contracts/headers.ts';
import { RequestContext } from '../context.ts';
import type { IncomingEvent } from './incoming-event.ts';

/** Without a deadline: an event is tried until it is handled or given up, and the limits of background work apply. */
export class EventContext extends RequestContext {
  /** Id of the event that is being handled: what is sent meanwhile has it as its cause. */
  readonly causationId: string;

  constructor({ id, headers }: Pick<IncomingEvent, 'id' | 'headers'>) {
    const correlationId = headers['ce_correlationid'];
    // Anybody who may send to the topic has written it: only what is harmless in a log line is taken over.
    const requestId = isRequestId(correlationId) ? correlationId : id;
    super(requestId, parseTraceId(headers['ce_traceparent']), performance.now());
    this.causationId = id;
  }
}
