import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from './directories.ts';
import { parseDockerfile } from './dockerfile.ts';
import { planImage } from './image-plan.ts';

const plan = (lines: readonly string[], buildArgs = {}) =>
  planImage(parseDockerfile(['FROM base AS final', ...lines].join('\n')), { target: 'final', buildArgs });

test('a target follows its stages down to the base image', (t) => {
  const file = parseDockerfile('ARG BASE=debian\nFROM $BASE AS one\nCOPY a /a/\nFROM one AS two\nCOPY b /b/');
  const { base, copies } = planImage(file, { target: 'two', buildArgs: { BASE: 'localhost/debian' } });
  t.is(base, 'localhost/debian');
  t.deepEqual(
    copies.map(({ sources }) => sources),
    [['a'], ['b']],
  );
});

test('a stage that is made outside ends the chain', (t) => {
  const file = parseDockerfile('FROM debian AS runtime\nRUN apt-get install x\nFROM runtime AS final\nCOPY a /a/');
  t.like(planImage(file, { target: 'final', bases: ['runtime'] }), { base: 'runtime', copies: [{ sources: ['a'] }] });
});

test('relative destinations start at the working directory', (t) => {
  const { copies } = plan(['WORKDIR /app', 'COPY package.json ./', 'COPY --from=x /out/ lib/', 'COPY a b']);
  t.deepEqual(copies, [
    { sources: ['package.json'], destination: '/app/' },
    { from: 'x', sources: ['/out/'], destination: '/app/lib/' },
    { sources: ['a'], destination: '/app/b' },
  ]);
});

test('settings are laid over those of the base, and a new entry point drops inherited arguments', (t) => {
  const { configure } = plan([
    'ENV A=2',
    'ENV B="3 4"',
    'USER 10001',
    'EXPOSE 80 53/udp',
    'ENTRYPOINT ["node"]',
    'WORKDIR /x',
  ]);
  t.deepEqual(configure({ Env: ['PATH=/bin', 'A=1'], Cmd: ['bash'], StopSignal: 'SIGINT' }), {
    Env: ['PATH=/bin', 'A=2', 'B=3 4'],
    StopSignal: 'SIGINT',
    User: '10001',
    ExposedPorts: { '80/tcp': {}, '53/udp': {} },
    Entrypoint: ['node'],
    WorkingDir: '/x',
  });
});

test('a build argument wins over the default of its ARG', (t) => {
  const lines = ['ARG SERVICE=none', 'COPY services/${SERVICE}/ x/'];
  t.deepEqual(plan(lines).copies[0]?.sources, ['services/none/']);
  t.deepEqual(plan(lines, { SERVICE: 'cart' }).copies[0]?.sources, ['services/cart/']);
});

test('RUN in a shipped stage is refused with its line and where it belongs', (t) => {
  t.throws(() => plan(['RUN make']), { message: /line 2 .*RUN in a shipped stage.*copies from/ });
});

test('an unknown target is refused with the names that there are', (t) => {
  t.throws(() => planImage(parseDockerfile('FROM a AS b'), { target: 'c' }), { message: /no stage "c"; it has b/ });
});

test("the project's own Dockerfile: what changes least comes first and only the last layer is a service's own", async (t) => {
  const file = parseDockerfile(await readFile(join(projectRoot, 'Dockerfile'), 'utf8'));
  const cart = planImage(file, { target: 'service', buildArgs: { SERVICE: 'cart' }, bases: ['runtime'] });
  const user = planImage(file, { target: 'service', buildArgs: { SERVICE: 'user' }, bases: ['runtime'] });
  t.deepEqual(cart.copies.slice(0, -1), user.copies.slice(0, -1));
  t.deepEqual(cart.copies.at(-1), {
    from: 'service-program',
    sources: ['/out/services/cart/'],
    destination: '/app/services/cart/',
  });
  t.like(cart.configure({}), {
    User: '10001:10001',
    WorkingDir: '/app/services/cart',
    Entrypoint: [
      'node',
      '--max-semi-space-size=1',
      '--heap-growing-percent=10',
      '--no-sparkplug',
      '--no-turbofan',
      '--liftoff-only',
      '--v8-pool-size=1',
      '--optimize-for-size',
      'main.js',
    ],
    Cmd: ['serve'],
  });
  t.like(planImage(file, { target: 'operator', bases: ['runtime'] }).configure({}), {
    User: '10001:10001',
    WorkingDir: '/app',
    Entrypoint: [
      'node',
      '--max-semi-space-size=1',
      '--no-sparkplug',
      '--no-turbofan',
      '--v8-pool-size=1',
      '--optimize-for-size',
      'operator/main.js',
    ],
  });
});
