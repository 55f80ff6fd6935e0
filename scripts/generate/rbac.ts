import { stringify } from 'yaml';
import type { PolicyRule } from '../../operator/api/kubernetes.ts';
import { components } from '../../operator/components/index.ts';
import { enginePermissions } from '../../operator/engine/permissions.ts';

/** The chart's ClusterRole: what the engine and the components say they need, merged and in a stable order. */
export function renderClusterRole(header: string): string {
  const rules = mergeRules([...enginePermissions, ...components.flatMap(({ permissions }) => permissions)]);
  const body = stringify({ rules }, { lineWidth: 0 });
  return [
    header,
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: ClusterRole',
    'metadata:',
    '  name: {{ include "operator.name" . }}',
    '  labels: {{- include "operator.labels" . | nindent 4 }}',
    body,
  ].join('\n');
}

/** One rule per resource with the union of its verbs; resources with the same verbs of one group share a rule. */
export function mergeRules(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const verbs = new Map<string, Set<string>>();
  for (const rule of rules) {
    for (const group of rule.apiGroups) {
      for (const resource of rule.resources) {
        const key = `${group}/${resource}`;
        verbs.set(key, new Set([...(verbs.get(key) ?? []), ...rule.verbs]));
      }
    }
  }
  const shared = new Map<string, { group: string; resources: string[]; verbs: readonly string[] }>();
  for (const [key, set] of [...verbs].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const slash = key.indexOf('/');
    const group = key.slice(0, slash);
    const sorted = [...set].toSorted();
    const name = `${group} ${sorted.join(',')}`;
    const rule = shared.get(name) ?? { group, resources: [], verbs: sorted };
    rule.resources.push(key.slice(slash + 1));
    shared.set(name, rule);
  }
  return [...shared.values()].map((rule) => ({
    apiGroups: [rule.group],
    resources: rule.resources,
    verbs: rule.verbs,
  }));
}
