import { access, readdir, readFile } from 'node:fs/promises';
import { hasCgroups, listHierarchies } from '#lab/cluster/cgroups.ts';
import { labPaths } from '#lab/cluster/lab-paths.ts';
import { registeredLabs } from '#lab/cluster/machine.ts';
import { listProcesses } from '#lab/cluster/process-table.ts';

/** Everything that could be left of a lab; `network` is the identity of its network namespace. */
export async function traces(name: string, link: string, network: string | undefined): Promise<readonly string[]> {
  const paths = labPaths(name);
  const [processes, mounts, links, hasGroups, temporary] = await Promise.all([
    listProcesses(),
    readFile('/proc/self/mountinfo', 'utf8'),
    readdir('/sys/class/net'),
    hasCgroups(paths.cgroup, await listHierarchies()),
    readdir('/tmp'),
  ]);
  const isThere = await access(paths.directory).then(
    () => true,
    () => false,
  );
  return [
    ...processes
      .filter(
        ({ argv, networkNamespace }) =>
          argv.some((word) => word.includes(paths.directory)) || networkNamespace === network,
      )
      .map(({ pid, argv }) => `process ${pid} ${argv.join(' ')}`),
    ...mounts.split('\n').filter((line) => line.includes(paths.directory)),
    ...links.filter((candidate) => candidate === link).map((found) => `link ${found}`),
    ...(hasGroups ? [`cgroup ${paths.cgroup}`] : []),
    ...(await registeredLabs()).filter((lab) => lab === paths.directory).map((lab) => `entry of ${lab}`),
    ...(isThere ? [`directory ${paths.directory}`] : []),
    ...temporary.filter((entry) => entry.startsWith('containerd-')).map((entry) => `/tmp/${entry}`),
  ];
}
