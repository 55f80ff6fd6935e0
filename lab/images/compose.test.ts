import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { run } from '../programs/run.ts';
import { imageDigest, writeArchive } from './archive.ts';
import { composeImage } from './compose.ts';
import { parseDockerfile } from './dockerfile.ts';
import type { Layer } from './image.ts';
import { aDirectory } from './testing.ts';

// Nothing here may touch the cache of whoever runs the tests.
const cache = await mkdtemp(join(tmpdir(), 'ecommerce-cache-test-'));
process.env['XDG_CACHE_HOME'] = cache;
test.after.always(() => rm(cache, { recursive: true }));

const dockerfile = parseDockerfile(
  [
    'FROM base AS shared',
    'WORKDIR /app',
    'COPY --from=modules /out/ node_modules/',
    'COPY package.json ./',
    'FROM shared AS service',
    'ARG SERVICE',
    'COPY services/${SERVICE}/ services/${SERVICE}/',
    'ENTRYPOINT ["node", "main.ts"]',
  ].join('\n'),
);

async function compose(t: Parameters<typeof aDirectory>[0], main: string) {
  const root = await aDirectory(t, {
    'package.json': '{}',
    'services/cart/main.ts': main,
    'services/cart/main.test.ts': 'not shipped',
    '.dockerignore': '**/*.test.ts',
  });
  return composeImage(dockerfile, {
    target: 'service',
    root,
    buildArgs: { SERVICE: 'cart' },
    images: { base: { config: { Env: ['PATH=/bin'] }, layers: [] } },
    stages: { modules: { key: 'modules-1', prepare: () => aDirectory(t, { 'out/koa/index.js': 'koa' }) } },
  });
}

const listLayer = (layer: Layer | undefined) => run(['tar', '--zstd', '-tf', layer?.path ?? '']);

test('each COPY is a layer with the files at their place and without the ignored ones', async (t) => {
  const { layers, config } = await compose(t, '1');
  const listed = await Promise.all(layers.map(listLayer));
  t.deepEqual(
    listed.map((text) =>
      text
        .trim()
        .split('\n')
        .filter((path) => !path.endsWith('/')),
    ),
    [['app/node_modules/koa/index.js'], ['app/package.json'], ['app/services/cart/main.ts']],
  );
  t.deepEqual(config, { Env: ['PATH=/bin'], WorkingDir: '/app', Entrypoint: ['node', 'main.ts'] });
});

test('the same sources elsewhere give the same image, and a changed service only another last layer', async (t) => {
  const [one, same, changed] = [await compose(t, '1'), await compose(t, '1'), await compose(t, '2')];
  t.is(imageDigest(one), imageDigest(same));
  const digests = (image: typeof one) => image.layers.map(({ diffId }) => diffId);
  t.deepEqual(digests(one).slice(0, -1), digests(changed).slice(0, -1));
  t.not(digests(one).at(-1), digests(changed).at(-1));
});

test('a stage that nobody prepared is refused by name', async (t) => {
  const options = {
    target: 'service',
    root: await aDirectory(t),
    buildArgs: {},
    images: { base: { config: {}, layers: [] } },
    stages: {},
  };
  await t.throwsAsync(composeImage(dockerfile, options), {
    message: /COPY --from=modules: the lab does not make this stage/,
  });
});

test('an archive holds shared layers once, and all blobs are named by their digest', async (t) => {
  const image = await compose(t, '1');
  const directory = await aDirectory(t);
  const archive = join(directory, 'images.tar');
  await writeArchive(
    [
      { ...image, name: 'localhost/a:1' },
      { ...image, name: 'localhost/b:1' },
    ],
    archive,
  );
  const names = (await run(['tar', '-tf', archive])).trim().split('\n');
  // Three layers, one configuration, one manifest.
  t.is(names.filter((name) => /^blobs\/sha256\/\w{64}$/.test(name)).length, 5);
  await run(['tar', '-xf', archive, '-C', directory]);
  const index = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8'));
  t.deepEqual(
    index.manifests.map((one: { annotations: object }) => Object.values(one.annotations)[0]),
    ['localhost/a:1', 'localhost/b:1'],
  );
  await writeFile(
    join(directory, 'sums'),
    names
      .filter((name) => name.length === 77)
      .map((name) => `${name.slice(13)}  ${name}\n`)
      .join(''),
  );
  await t.notThrowsAsync(run(['sha256sum', '--check', 'sums'], { cwd: directory }));
});
