/** Finds the route of a path in time that does not depend on how many routes there are. */
import { ProblemError } from '../problem.ts';
import type { Method, Route } from './route.ts';

export interface Match<Deps> {
  readonly route: Route<Deps>;
  readonly params: Readonly<Record<string, string>>;
}

export interface Router<Deps> {
  /**
   * The route of `method` and `path` (no query). HEAD is answered by GET.
   *
   * Throws `route-not-found`, `method-not-allowed` with the `Allow` header, or `malformed-request` for broken escapes.
   */
  match(method: string, path: string): Match<Deps>;
}

interface Node<Deps> {
  readonly children: Map<string, Node<Deps>>;
  parameter: Node<Deps> | undefined;
  readonly leaves: Map<string, Leaf<Deps>>;
}

interface Leaf<Deps> {
  readonly route: Route<Deps>;
  readonly names: readonly string[];
}

/** Builds the tree once. Throws when two routes answer the same method and path. */
export function createRouter<Deps>(routes: readonly Route<Deps>[]): Router<Deps> {
  const root = createNode<Deps>();
  for (const route of routes) addRoute(root, route);
  return {
    match: (method, path) => {
      const values: string[] = [];
      const node = findNode(root, path.split('/'), 1, values);
      if (node === undefined) throw new ProblemError('route-not-found', `there is nothing at ${path}`);
      const leaf = node.leaves.get(method === 'HEAD' ? 'GET' : method);
      if (leaf === undefined) throw methodNotAllowed(method, node);
      return { route: leaf.route, params: decodeParams(leaf.names, values) };
    },
  };
}

function createNode<Deps>(): Node<Deps> {
  return { children: new Map(), parameter: undefined, leaves: new Map() };
}

function addRoute<Deps>(root: Node<Deps>, route: Route<Deps>): void {
  const { method, path } = route.declaration;
  const names: string[] = [];
  let node = root;
  for (const segment of path.split('/').slice(1)) {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    if (name !== undefined) names.push(name);
    node = name === undefined ? childOf(node, segment) : parameterOf(node);
  }
  if (node.leaves.has(method)) throw new Error(`two routes answer ${method} ${path}`);
  node.leaves.set(method, { route, names });
}

function childOf<Deps>(node: Node<Deps>, segment: string): Node<Deps> {
  const child = node.children.get(segment) ?? createNode<Deps>();
  node.children.set(segment, child);
  return child;
}

function parameterOf<Deps>(node: Node<Deps>): Node<Deps> {
  node.parameter ??= createNode<Deps>();
  return node.parameter;
}

/** A fixed segment wins over a parameter; a parameter is never empty. */
function findNode<Deps>(
  node: Node<Deps>,
  segments: readonly string[],
  index: number,
  values: string[],
): Node<Deps> | undefined {
  const segment = segments[index];
  if (segment === undefined) return node.leaves.size > 0 ? node : undefined;
  const child = node.children.get(segment);
  const found = child === undefined ? undefined : findNode(child, segments, index + 1, values);
  if (found !== undefined || node.parameter === undefined || segment === '') return found;
  values.push(segment);
  const below = findNode(node.parameter, segments, index + 1, values);
  if (below === undefined) values.pop();
  return below;
}

function methodNotAllowed<Deps>(method: string, node: Node<Deps>): ProblemError {
  const allowed = [...node.leaves.keys()] as Method[]; // keys are the declared methods
  const allow = (allowed.includes('GET') ? ['HEAD', ...allowed] : allowed).toSorted().join(', ');
  return new ProblemError('method-not-allowed', `${method} is not one of ${allow}`, { headers: { allow } });
}

function decodeParams(names: readonly string[], values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name, index) => [name, decode(values[index] ?? '')]));
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    throw new ProblemError('malformed-request', 'the path has an escape that is not UTF-8', { cause: error });
  }
}
