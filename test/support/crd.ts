import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { waitFor } from '../../lab/control-plane/wait.ts';

/** The CRD's file, from the root of the repository. */
export const crdFile = 'crds/ecommercestack.yaml';

/** Installs the CRD and resolves when kubectl knows it by its short name: discovery is a moment behind serving. */
export async function installStackCrd(server: LocalControlPlane): Promise<void> {
  await server.installCrds([crdFile]);
  const isKnown = async () => {
    await server.kubectl(['get', 'eshop', '--all-namespaces']);
    return true;
  };
  await waitFor('kubectl knows eshop', isKnown, { timeoutMs: 30_000 });
}
