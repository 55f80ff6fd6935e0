import { randomBytes } from 'node:crypto';
import { appendFile, cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test from 'ava';
import { addressesOf } from '#lab/cluster/addresses.ts';
import { findHolder } from '#lab/cluster/holder.ts';
import { labPaths } from '#lab/cluster/lab-paths.ts';
import { createLabProvider } from '#lab/cluster/lab-provider.ts';
import { readState } from '#lab/cluster/state.ts';
import { run } from '#lab/programs/run.ts';
import { silentProgress } from '#lab/progress.ts';
import { traces } from '../support/lab-traces.ts';
import { ShopClient } from '../support/shop-client.ts';

// What README.md promises to a newcomer, by the commands that make runs and those that `make up` prints; one lab, in
// this order. Its name is its own, and a lab of a person keeps its port: `up` takes another one.
const root = join(import.meta.dirname, '../..');
const name = `test-${randomBytes(4).toString('hex')}`;
let printed = '';

test.after.always(() => createLabProvider(name).down(silentProgress));

test.serial('up brings a shop and says where; up again changes nothing', async (t) => {
  printed = await lab('up');
  t.regex(shopUrl(), /^http:\/\/127\.0\.0\.1:\d+$/);
  const before = { objects: await versions(), holder: (await findHolder(labPaths(name)))?.pid };
  t.true(before.objects.length > 20, before.objects.join('\n'));
  const began = performance.now();
  const again = await lab('up');
  t.log(`up again: ${seconds(began)}`);
  t.true(again.includes(`The shop answers at ${shopUrl()}`), again);
  t.deepEqual({ objects: await versions(), holder: (await findHolder(labPaths(name)))?.pid }, before);
});

test.serial(
  'what up prints works: the shop is filled and bought in, products are listed, filtered, read and changed',
  async (t) => {
    await shell(row('fill the shop'));
    t.regex(await shell(row('buy something')), /got a quote/);
    const { items } = JSON.parse(await shell(row('ask the shop')));
    t.is(items.length, 3);
    t.regex(await shell(row('see the stack')), /shop .*True/);
    const visitor = new ShopClient(shopUrl());
    const [{ id, slug }] = items;
    const etag = String((await visitor.get(`/api/v1/products/${id}`)).headers['etag']);
    const filtered = await visitor.get('/api/v1/products?currency=EUR&limit=2');
    t.is((filtered.body['items'] as unknown[]).length, 2);

    const token = await shell('node scripts/admin-token.ts --namespace shop --stack shop');
    const change = { body: { title: 'Seen by a newcomer' }, headers: { 'if-match': etag } };
    t.is((await visitor.request('PATCH', `/api/v1/products/${id}`, change)).status, 401);
    const admin = new ShopClient(shopUrl(), token.trim());
    t.is((await admin.request('PATCH', `/api/v1/products/${id}`, change)).status, 200);
    t.is((await visitor.get(`/api/v1/products/${slug}`)).body['title'], 'Seen by a newcomer');
  },
);

test.serial('load rolls out a changed service and nothing else; without a change it does nothing', async (t) => {
  const before = await pods();
  t.regex(await lab('load', ['product']), /nothing changed/);
  t.deepEqual(await pods(), before);

  const checkout = await mkdtemp(join(tmpdir(), 'ecommerce-checkout-'));
  t.teardown(() => rm(checkout, { recursive: true, force: true }));
  const unneeded = new Set(['.git', 'node_modules', 'coverage']);
  await cp(root, checkout, { recursive: true, filter: (path) => !unneeded.has(basename(path)) });
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'));
  await appendFile(join(checkout, 'services/product/main.ts'), '// changed\n');
  const began = performance.now();
  await lab('load', ['product'], checkout);
  t.log(`load with a change: ${seconds(began)}`);
  const after = await pods();
  // Not the one of its migration, which is over.
  const serves = (pod: string) => /^shop-product-(?!migrate)/.test(pod);
  t.deepEqual(
    after.filter((pod) => !serves(pod)),
    before.filter((pod) => !serves(pod)),
  );
  t.is(after.filter(serves).length, 1);
  t.false(before.includes(after.find(serves) ?? ''));
  t.is((await new ShopClient(shopUrl()).get('/api/v1/products?limit=1')).status, 200);
});

test.serial('down leaves nothing, also when repeated', async (t) => {
  const [paths, holder] = [labPaths(name), await findHolder(labPaths(name))];
  const { link } = addressesOf((await readState(paths))?.slot ?? -1);
  t.not((await traces(name, link, holder?.networkNamespace)).length, 0);
  await lab('down');
  t.deepEqual(await traces(name, link, holder?.networkNamespace), []);
  await lab('down');
  t.is(await createLabProvider(name).find(), undefined);
});

/** As make runs it; setting up is what whoever runs these tests has done. Resolves with all that a person sees. */
async function lab(command: string, words: readonly string[] = [], cwd = root): Promise<string> {
  const lines: string[] = [];
  await run(['npm', 'run', '--silent', 'lab', '--', command, ...words, '--name', name], {
    cwd,
    env: { CLUSTER: 'lab' },
    onLine: (line) => void lines.push(line),
  });
  return lines.join('\n');
}

/** In a shell where the line for kubectl has been entered. */
function shell(line: string): Promise<string> {
  return run(['sh', '-euc', `${row('use kubectl')}\n${line}`], { cwd: root });
}

/** The command that `up` printed behind this title. */
function row(title: string): string {
  const line = printed.split('\n').find((one) => one.trimStart().startsWith(`${title}   `));
  if (line === undefined) {
    throw new Error(`up printed nothing to "${title}":\n${printed}`);
  }
  return line.trimStart().slice(title.length).trim();
}

function shopUrl(): string {
  return /The shop answers at (\S+)/.exec(printed)?.[1] ?? '';
}

/** Versions of all that we made: the operator's release and what the operator applied. */
async function versions(): Promise<readonly string[]> {
  const kinds = 'eshop,deployments,statefulsets,services,configmaps,secrets,roles,jobs,serviceaccounts';
  const text = await shell(`kubectl get ${kinds} -A -o json`);
  // `as`: a list as kubectl prints it.
  const { items } = JSON.parse(text) as { readonly items: readonly Listed[] };
  return items
    .filter(({ kind, metadata }) => kind === 'EcommerceStack' || ours.some((key) => isNoted(metadata, key)))
    .map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name} ${metadata.resourceVersion}`);
}

/** What the operator and Helm write on each object. */
const ours = ['ecommerce.stack/applied-hash', 'meta.helm.sh/release-name'];

interface Listed {
  readonly kind: string;
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

function isNoted({ annotations }: Listed['metadata'], key: string): boolean {
  return annotations?.[key] !== undefined;
}

/** Names and identities of the pods that stay. */
async function pods(): Promise<readonly string[]> {
  const columns =
    '\'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid} {.metadata.deletionTimestamp}{"\\n"}{end}\'';
  const lines = (await shell(`kubectl get pods -n shop -o ${columns}`)).split('\n').map((line) => line.trim());
  return lines.filter((line) => line.split(' ').length === 2).toSorted();
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
