import { createWireReader, type WireMessage, type WireReader } from './wire.ts';

/** Requests of an HTTP/1.1 client: `GET /path`, without the query. Bodies must tell their length beforehand. */
export function readHttp(): WireReader {
  return createWireReader((bytes): WireMessage | undefined => {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) {
      return undefined;
    }
    const head = bytes.toString('latin1', 0, end);
    if (/^transfer-encoding:/im.test(head)) {
      throw new Error(`a body of unknown length cannot be counted: ${head.split('\r\n', 1)[0]}`);
    }
    const length = end + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const [method = '', target = ''] = head.split(' ', 2);
    return bytes.length < length ? undefined : { length, operations: [`${method} ${target.split('?', 1)[0]}`] };
  });
}
