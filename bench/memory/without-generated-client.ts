/**
 * Loaded with --import, to see what it would give: the kubeconfig library without its 900 generated models and 70 API
 * classes. The operator speaks plain JSON and uses none of them; the class that it extends only names two.
 */
import { registerHooks } from 'node:module';

const generated = new URL('gen/', import.meta.resolve('@kubernetes/client-node')).href;

const index = `
export { HttpMethod, RequestContext, ResponseContext } from '${generated}http/http.js';
export { ApiException } from '${generated}apis/exception.js';
export { createConfiguration } from '${generated}configuration.js';
export { ServerConfiguration } from '${generated}servers.js';
export class CoreV1Api {}
export class AppsV1Api {}
export class ApiextensionsV1Api {}
`;

const serializer = `
export class ObjectSerializer {
  static serialize(value) { return value; }
  static deserialize(value) { return value; }
}
`;

const replaced = new Map([
  [`${generated}index.js`, index],
  [`${generated}models/ObjectSerializer.js`, serializer],
]);

registerHooks({
  load(url, context, next) {
    const source = replaced.get(url);
    return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
  },
});
