import type { PolicyRule } from '../../api/kubernetes.ts';
import { manage } from '../../objects/permissions.ts';

/** What running the shop's services takes. */
export const permissions: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['secrets', 'services', 'serviceaccounts'], verbs: manage },
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: manage },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: manage },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: manage },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: manage },
];
