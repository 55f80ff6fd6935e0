import { serviceRange } from '../control-plane/arguments.ts';
import { runSystem, succeeds } from '../programs/run.ts';
import { type LabAddresses, nodeAddress } from './addresses.ts';
import { type Inside, runInside } from './inside.ts';

/** The bridge between the nodes of a lab; the first node's programs run on its own address. */
const nodeBridge = 'lab0';
/** The link to this machine, on the lab's side. */
const outerLink = 'eth0';

/**
 * Connects a lab to this machine and to nothing else: there is no default route, and what leaves through the link must
 * be an answer to this machine. May be repeated on a half-made network.
 *
 * The last command of an `up` that was killed may still run beside it: the kernel lets one command at a time change
 * networks, and takes its time over those of a lab that ended. It may make or remove a link between our look and our
 * command. As it is one command, a second attempt finds what it left.
 */
export async function ensureNetwork(lab: Inside, addresses: LabAddresses): Promise<void> {
  await makeNetwork(lab, addresses).catch(() => makeNetwork(lab, addresses));
}

async function makeNetwork(lab: Inside, addresses: LabAddresses): Promise<void> {
  // Built into many kernels; a module that cannot be loaded is told below by its effect.
  await succeeds(['modprobe', '-a', 'br_netfilter', 'overlay', 'nf_tables']);
  await ensureOuterLink(lab, addresses);
  const inside = (argv: readonly string[], input?: string) =>
    runInside(lab, 'network', argv, input === undefined ? {} : { input });
  await inside(['nft', '--file', '-'], leakGuard);
  await inside(['ip', 'link', 'set', 'lo', 'up']);
  if (!(await succeeds(enter(lab, ['ip', 'link', 'show', nodeBridge])))) {
    await inside(['ip', 'link', 'add', nodeBridge, 'type', 'bridge']);
  }
  await inside(['ip', '-batch', '-'], insideBatch(addresses));
  await inside(['sysctl', '-q', '-w', ...insideSettings]);
  // Not there without the kernel's br_netfilter; then pods of one node reach each other through Services only by luck.
  await inside(['sysctl', '-q', '-w', 'net.bridge.bridge-nf-call-iptables=1']).catch(explainBridgeFilter);
}

function enter(lab: Inside, argv: readonly string[]): readonly string[] {
  return ['nsenter', '--target', String(lab.holder.pid), '--net', '--', ...argv];
}

const insideSettings = [
  'net.ipv4.ip_forward=1',
  // This machine has no business with the lab's link-local IPv6 address.
  `net.ipv6.conf.${outerLink}.disable_ipv6=1`,
];

const insideBatch = ({ labAddress }: LabAddresses) => `
address replace ${labAddress}/30 dev ${outerLink}
link set ${outerLink} up
address replace ${nodeAddress}/24 dev ${nodeBridge}
link set ${nodeBridge} up
route replace ${serviceRange} dev ${nodeBridge}
`;

/** Dropped whoever sends it: a program of the lab, or a pod by forwarding. */
const leakGuard = `
table inet lab_guard
delete table inet lab_guard
table inet lab_guard {
  chain output {
    type filter hook output priority filter; policy accept;
    oifname "${outerLink}" ct state established,related accept
    oifname "${outerLink}" drop
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    oifname "${outerLink}" ct state established,related accept
    oifname "${outerLink}" drop
  }
}
`;

async function ensureOuterLink(lab: Inside, { link, hostAddress }: LabAddresses): Promise<void> {
  if (!(await succeeds(enter(lab, ['ip', 'link', 'show', outerLink])))) {
    await removeOuterLink(link);
    const peer = ['peer', 'name', outerLink, 'netns', String(lab.holder.pid)];
    await runSystem(['ip', 'link', 'add', link, 'type', 'veth', ...peer]);
  }
  await runSystem(['sysctl', '-q', '-w', `net.ipv6.conf.${link}.disable_ipv6=1`]).catch(() => undefined);
  await runSystem(['ip', '-batch', '-'], {
    input: `address replace ${hostAddress}/30 dev ${link}\nlink set ${link} up\n`,
  });
}

/** Removes the link on this machine's side, and with it the lab's; does nothing when there is none. */
export async function removeOuterLink(link: string): Promise<void> {
  const exists = () => succeeds(['ip', 'link', 'show', link]);
  if (await exists()) {
    await runSystem(['ip', 'link', 'delete', link]).catch(async (error: unknown) => {
      // The kernel may have removed it at this moment, with the network of a lab that just ended.
      if (await exists()) {
        throw error;
      }
    });
  }
}

function explainBridgeFilter(cause: unknown): never {
  throw new Error('the kernel has no bridge netfilter, which Services need: load it by "modprobe br_netfilter"', {
    cause,
  });
}
