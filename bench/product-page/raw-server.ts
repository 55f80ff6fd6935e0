/**
 * The limit of the product page: Koa and pg with nothing around them. No check of input or output, no log, no metrics, no
 * deadline, no request id, no ETag. Its only argument is a connection string.
 */
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import pg from 'pg';
import { readStatements } from '../../services/product/store/read-products.ts';

const pool = new pg.Pool({ connectionString: process.argv[2] ?? '', max: 20, min: 5 });
const statement = readStatements.find(({ name }) => name === 'product_by_slug');
const prefix = '/api/v1/products/';

const app = new Koa();
app.use(async (context) => {
  const slug = context.path.slice(prefix.length);
  const values = [slug, null, null, false];
  const { rows } = await pool.query({ ...statement, text: statement?.text ?? '', values });
  context.type = 'application/json';
  context.body = rows[0].json;
});
const server = app.listen(0, '127.0.0.1', () => {
  // `as`: a TCP server that listens has such an address.
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ msg: 'listening', port }));
});
