import test, { type ExecutionContext } from 'ava';
import { kinds } from '../api/kinds.ts';
import type { KubernetesObject } from '../api/kubernetes.ts';
import { Reflector, type ReflectorStore, type ReflectorTiming } from './reflector.ts';
import { connectTo, FaultServer, type SeenRequest, sendJson, sendStatus } from './testing/fault-server.ts';
import { createRecordingLogger, type RecordingLogger } from './testing/recording-logger.ts';
import { until } from './testing/until.ts';
import { anObject, bookmarkLine, eventLine, openWatch, script, streamedList } from './testing/watch-api.ts';
import { keyOf } from './versions.ts';

class MapStore implements ReflectorStore {
  readonly objects = new Map<string, KubernetesObject>();
  clears = 0;
  set(object: KubernetesObject): void {
    if (object.metadata.name === 'poison') {
      throw new TypeError('cannot digest this');
    }
    this.objects.set(keyOf(object), object);
  }
  delete(object: KubernetesObject): void {
    this.objects.delete(keyOf(object));
  }
  retain(listed: ReadonlySet<string>): void {
    for (const key of this.objects.keys()) {
      if (!listed.has(key)) {
        this.objects.delete(key);
      }
    }
  }
  clear(): void {
    this.clears += 1;
  }
  get names(): string {
    return [...this.objects.values()].map(({ metadata }) => metadata.name).join(' ');
  }
}

interface Rig {
  readonly server: FaultServer;
  readonly store: MapStore;
  readonly reflector: Reflector;
  readonly logger: RecordingLogger;
  metric(name: string): Promise<string>;
}

const quick = { backoffScale: 0.02, healthyMs: 40, silenceMs: 5_000 };

async function startRig(
  t: ExecutionContext,
  prepare: (server: FaultServer) => void,
  timing: ReflectorTiming = {},
): Promise<Rig> {
  const server = await FaultServer.start();
  prepare(server);
  const { transport, metrics, registry } = connectTo(server);
  const store = new MapStore();
  const logger = createRecordingLogger();
  const kind = kinds.ConfigMap;
  const timings = { ...quick, ...timing };
  const reflector = new Reflector({ transport, kind, labelSelector: 'a=b', store, logger, metrics, timing: timings });
  const stop = new AbortController();
  const running = reflector.run(stop.signal);
  t.teardown(async () => {
    stop.abort();
    await running;
    await transport.close();
    await server.close();
  });
  return { server, store, reflector, logger, metric: (name) => registry.getSingleMetricAsString(name) };
}

test('a streamed list fills the store, and the same connection goes on with events', async (t) => {
  const { server, store, reflector } = await startRig(t, (fault) => {
    fault.answer = (_request, response) => {
      openWatch(response, eventLine('ADDED', anObject('a', '1')), eventLine('ADDED', anObject('b', '2')));
      openLater(response, bookmarkLine('5', true), eventLine('ADDED', anObject('c', '6')));
      openLater(response, eventLine('DELETED', anObject('a', '7')));
    };
  });
  await reflector.whenSynced();
  await until('three events', () => store.names === 'b c');
  t.is(server.requests.length, 1);
  const { query } = server.requests[0] ?? t.fail();
  t.is(query.get('sendInitialEvents'), 'true');
  t.is(query.get('resourceVersionMatch'), 'NotOlderThan');
  t.is(query.get('allowWatchBookmarks'), 'true');
  t.is(query.get('labelSelector'), 'a=b');
  const seconds = Number(query.get('timeoutSeconds'));
  t.true(seconds >= 300 && seconds < 600);
  t.is(reflector.problem(), undefined);
});

function openLater(response: { write(line: string): unknown }, ...lines: readonly string[]): void {
  setImmediate(() => {
    for (const line of lines) {
      response.write(line);
    }
  });
}

test('a chunk that ends inside a character loses nothing', async (t) => {
  const text = 'Größe € 漢字 😀';
  const { store } = await startRig(t, (fault) => {
    fault.answer = (_request, response) => {
      openWatch(response);
      const bytes = Buffer.from(eventLine('ADDED', anObject('a', '1', { text })) + bookmarkLine('2', true));
      const sendFrom = (at: number): void => {
        response.write(bytes.subarray(at, at + 1), () => at + 1 < bytes.length && sendFrom(at + 1));
      };
      sendFrom(0);
    };
  });
  await until('the object', () => store.objects.size === 1);
  t.deepEqual(store.objects.get('default/a')?.['data'], { text });
});

test('the end of a watch is followed by one from the newest version, bookmarks included', async (t) => {
  const { server } = await startRig(t, (fault) => {
    script(
      fault,
      (_request, response) => {
        openWatch(response, bookmarkLine('5', true), eventLine('ADDED', anObject('a', '8')), bookmarkLine('12'));
        setTimeout(() => response.end(), 60);
      },
      (_request, response) => openWatch(response),
    );
  });
  await until('the second watch', () => server.requests.length === 2);
  t.is(server.requests[1]?.query.get('resourceVersion'), '12');
  t.is(server.requests[1]?.query.get('sendInitialEvents'), null);
});

for (const [name, expire] of [
  [
    'an ERROR event',
    (response: Parameters<typeof openWatch>[0]) =>
      openWatch(response, eventLine('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' })),
  ],
  [
    'an HTTP answer',
    (response: Parameters<typeof openWatch>[0]) =>
      sendStatus(response, { code: 410, reason: 'Expired', message: 'too old' }),
  ],
] as const) {
  test(`410 as ${name} leads to a new list, and what vanished meanwhile is deleted`, async (t) => {
    const { store, metric } = await startRig(t, (fault) => {
      script(
        fault,
        (_request, response) => {
          openWatch(response, eventLine('ADDED', anObject('gone', '1')), eventLine('ADDED', anObject('kept', '2')));
          response.write(bookmarkLine('5', true));
          setTimeout(() => response.end(), 60);
        },
        (_request, response) => expire(response),
        streamedList('9', anObject('kept', '2'), anObject('new', '8')),
      );
    });
    await until('the second list', () => store.names === 'kept new');
    t.regex(await metric('ecommerce_informer_relists_total'), /reason="expired"\} 1/);
  });
}

test('Retry-After of a 429 is waited for', async (t) => {
  const { server, reflector } = await startRig(t, (fault) => {
    script(
      fault,
      (_request, response) =>
        sendStatus(response, { code: 429, reason: 'TooManyRequests', message: 'slow down', retryAfter: 1 }),
      streamedList('1'),
    );
  });
  await reflector.whenSynced();
  const [first, second] = server.requests;
  t.true((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 990);
});

test('errors and resets of every kind end in a list, and attempts get rarer', async (t) => {
  const { server, reflector, logger } = await startRig(t, (fault) => {
    script(
      fault,
      (_request, response) => sendStatus(response, { code: 500, reason: 'InternalError', message: 'etcd is away' }),
      (_request, response) => response.socket?.destroy(),
      (_request, response) => {
        openWatch(response, eventLine('ADDED', anObject('a', '1')).slice(0, 30));
        setImmediate(() => response.socket?.resetAndDestroy());
      },
      (_request, response) => openWatch(response, 'this is no JSON\n'),
      (_request, response) => openWatch(response, '{"type":"WHAT","object":{}}\n'),
      (_request, response) =>
        sendStatus(response, { code: 403, reason: 'Forbidden', message: 'no permission to list' }),
      streamedList('9', anObject('a', '1')),
    );
  });
  await reflector.whenSynced();
  t.is(server.requests.length, 7);
  t.is(logger.lines.filter(({ level }) => level === 'warn').length, 1);
  t.is(logger.lines.filter(({ message }) => message === 'watch works again').length, 1);
});

test('a server that ends each watch at once is not asked in a loop', async (t) => {
  const { server } = await startRig(
    t,
    (fault) => {
      script(fault, streamedListThatEnds('5'), (_request, response) => response.writeHead(200).end());
    },
    { backoffScale: 0.1, healthyMs: 60_000 },
  );
  await until('some attempts', () => server.requests.length >= 3);
  const before = server.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.true(server.requests.length - before <= 4, `${server.requests.length - before} attempts in 300 ms`);
});

function streamedListThatEnds(version: string): FaultServer['answer'] {
  return (_request, response) => {
    openWatch(response, bookmarkLine(version, true));
    response.end();
  };
}

test('a connection that stays open but silent is given up, and nothing is lost', async (t) => {
  const { server, store, reflector } = await startRig(
    t,
    (fault) => {
      fault.answer = (request, response) =>
        request.query.has('sendInitialEvents')
          ? streamedList('5', anObject('a', '1'))(request, response)
          : openWatch(response, eventLine('ADDED', anObject('b', '6')));
    },
    { silenceMs: 300 },
  );
  await reflector.whenSynced();
  await until('the event on the second connection', () => store.names === 'a b');
  t.true(server.requests.some(({ query }) => query.get('resourceVersion') === '5'));
});

test('an outage of the server ends by itself soon after its return', async (t) => {
  const { server, store, reflector } = await startRig(t, (fault) =>
    script(fault, streamedList('5', anObject('a', '1'))),
  );
  await reflector.whenSynced();
  await server.close();
  await until('the outage is noticed', () => reflector.problem() !== undefined);
  t.regex(reflector.problem() ?? '', /^configmaps: no connection for \d+ s: watch configmaps: .+/);
  script(server, (_request, response) => openWatch(response, eventLine('ADDED', anObject('b', '6'))));
  await server.listen();
  await until('the event', () => store.names === 'a b');
  t.is(reflector.problem(), undefined);
});

test('a server without streamed lists is listed in pages; an expired token starts the list again', async (t) => {
  const { server, store, reflector } = await startRig(t, (fault) => {
    let expiries = 0;
    const page = (name: string, more: object) => ({
      metadata: { resourceVersion: '9', ...more },
      items: [{ metadata: { name, namespace: 'default', resourceVersion: '2' } }],
    });
    const answers: Readonly<Record<string, FaultServer['answer']>> = {
      stream: (_request, response) => sendStatus(response, { code: 422, reason: 'Invalid', message: 'forbidden' }),
      watch: (_request, response) => openWatch(response),
      first: (_request, response) => sendJson(response, page('a', { continue: 'more' })),
      second: (_request, response) => {
        expiries += 1;
        return expiries === 1
          ? sendStatus(response, { code: 410, reason: 'Expired', message: 'continue token expired' })
          : sendJson(response, page('b', {}));
      },
    };
    const kindOf = ({ query }: SeenRequest): string => {
      if (query.has('watch')) {
        return query.has('sendInitialEvents') ? 'stream' : 'watch';
      }
      return query.has('continue') ? 'second' : 'first';
    };
    fault.answer = (request, response) => answers[kindOf(request)]?.(request, response);
  });
  await reflector.whenSynced();
  t.is(store.names, 'a b');
  t.like(store.objects.get('default/b'), { apiVersion: 'v1', kind: 'ConfigMap' });
  await until('the watch', () => server.requests.at(-1)?.query.get('resourceVersion') === '9');
});

test('an object that our code cannot digest stops neither the others nor the process', async (t) => {
  const { store, logger } = await startRig(t, (fault) => {
    script(fault, (_request, response) =>
      openWatch(
        response,
        eventLine('ADDED', anObject('poison', '1')),
        eventLine('ADDED', anObject('a', '2')),
        bookmarkLine('3', true),
        eventLine('MODIFIED', anObject('poison', '4')),
        eventLine('ADDED', anObject('b', '5')),
      ),
    );
  });
  await until('the others', () => store.names === 'a b');
  t.is(logger.lines.filter(({ level }) => level === 'error').length, 2);
});

test('a history that went back (a restored backup) is listed again from nothing', async (t) => {
  const { store } = await startRig(t, (fault) => {
    script(
      fault,
      (_request, response) => {
        openWatch(response, eventLine('ADDED', anObject('a', '900')), bookmarkLine('1000', true), bookmarkLine('40'));
      },
      streamedList('41', anObject('a', '30'), anObject('b', '31')),
    );
  });
  await until('the list of the restored server', () => store.names === 'a b');
  t.is(store.clears, 1);
});
