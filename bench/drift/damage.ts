import { refOf } from '../../operator/api/kubernetes.ts';
import { recordOf } from '../../operator/kube/json.ts';
import type { Admin } from '../rig/admin.ts';
import type { ChangeFeed } from '../rig/change-feed.ts';
import type { Keeper } from './subjects.ts';

/** Label of the selector that a trial breaks. */
const key = 'app.kubernetes.io/name';
const broken = 'broken-by-bench';

/** Does damage, and resolves with the time from the API server's answer until a watch shows it repaired, milliseconds. */
export type Damage = (admin: Admin, feed: ChangeFeed, keeper: Keeper) => Promise<number>;

/** Deletes the object; repaired is the same name under another uid. */
export const deleteIt: Damage = async (admin, feed, { object }) => {
  const ref = refOf(object);
  const uid = (await admin.client.get(ref))?.metadata.uid;
  const repaired = feed.next(
    ({ type, object: { metadata } }) =>
      type === 'ADDED' && metadata.name === ref.name && metadata.namespace === ref.namespace && metadata.uid !== uid,
  );
  await admin.client.remove(ref, {});
  const damagedAt = performance.now();
  return (await repaired).at - damagedAt;
};

/** Points a Service's selector elsewhere; repaired is the old value. */
export const editIt: Damage = async (admin, feed, { object }) => {
  const ref = refOf(object);
  const wanted = recordOf(recordOf(object['spec'])['selector'])[key];
  let isDamaged = false;
  const repaired = feed.next(({ type, object: { metadata, spec } }) => {
    const isMeant = type === 'MODIFIED' && metadata.name === ref.name && metadata.namespace === ref.namespace;
    const value = recordOf(recordOf(spec)['selector'])[key];
    isDamaged ||= isMeant && value === broken;
    return isMeant && isDamaged && value === wanted;
  });
  await admin.patch(ref, { spec: { selector: { [key]: broken } } });
  const damagedAt = performance.now();
  return (await repaired).at - damagedAt;
};
