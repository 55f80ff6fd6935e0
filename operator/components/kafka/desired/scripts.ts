import { adminUser, brokerUser } from '../names.ts';

/** Folders and files inside the container. */
export interface Paths {
  /** The volume. */
  readonly data: string;
  /** The ConfigMap. */
  readonly config: string;
  /** The Secret with the logins. */
  readonly users: string;
  /** The installation. */
  readonly home: string;
  /** For files of this start only. */
  readonly work: string;
  /** What is written there becomes part of the pod's status when the container ends. */
  readonly terminationLog: string;
}

/** First words of the termination log when a person has to decide. */
export const faultMarks = { mismatch: 'IdentityMismatch', missing: 'DataMissing', full: 'VolumeFull' } as const;

/** Kafka ends when it cannot write, and needs a little to start: checkpoints and the index of a new segment (10 MiB). */
const leastFreeKib = 10_240;

/**
 * Formats an empty volume and starts the server. At the formation of the cluster every node gets the same list of first
 * controllers; a volume that is empty later joins without a vote, and the operator gives it one. A volume of another
 * cluster, the lost volume of a single node and a full one end the container with a word to the operator.
 */
export function startScript(paths: Paths): string {
  return `#!/bin/sh
set -eu
host=$POD_NAME.$POD_DOMAIN
properties=${paths.work}/server.properties
meta=${paths.data}/log/meta.properties
cluster=$(cat ${paths.config}/cluster-id)

give_up() {
  echo "$*" | tee ${paths.terminationLog} >&2
  exit 1
}

free=$(df -Pk ${paths.data} | { read -r _; read -r _ _ _ free _; echo "$free"; })
[ "$free" -ge ${leastFreeKib} ] || give_up ${faultMarks.full} "$((free / 1024))"

cat ${paths.config}/server.properties ${paths.users}/users.properties |
  sed "s/@ORDINAL@/\${POD_NAME##*-}/g; s/@HOST@/$host/g" > "$properties"

if [ -s "$meta" ]; then
  found=$(sed -n 's/^cluster\\.id=//p' "$meta")
  [ "$found" = "$cluster" ] || give_up ${faultMarks.mismatch} "$found"
else
  case $(cat ${paths.config}/formation) in
    new) set -- --initial-controllers "$(cat ${paths.config}/first-controllers)" ;;
    formed) set -- --no-initial-controllers ;;
    *) give_up ${faultMarks.missing} ;;
  esac
  # Without its output, which shows the derived keys of the logins; errors go elsewhere.
  ${paths.home}/bin/kafka-storage.sh format --cluster-id "$cluster" --config "$properties" --ignore-formatted "$@" \\
    --add-scram "SCRAM-SHA-512=[name=${brokerUser},password=$(cat ${paths.users}/broker-password)]" \\
    --add-scram "SCRAM-SHA-512=[name=${adminUser},password=$(cat ${paths.users}/admin-password)]" \\
    > /dev/null
fi
exec ${paths.home}/bin/kafka-server-start.sh "$properties"
`;
}
