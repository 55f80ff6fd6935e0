import { adminUser, redisPort } from '../names.ts';

/** Folders inside the container. */
export interface Paths {
  /** The volume. */
  readonly data: string;
  /** The ConfigMap. */
  readonly config: string;
  /** The Secret with users and passwords. */
  readonly users: string;
}

/**
 * Seconds that a starting node waits for the names of its peers, all together. When every pod is new at once, names
 * appear within about five seconds (negative answers are cached that long); whoever is missing then is found by gossip.
 */
const waitForNamesSeconds = 6;

/**
 * Puts today's addresses into nodes.conf before the server starts. The file holds the addresses of the last run, and
 * pods get new ones: when all restart at once, nobody could find anybody. Each line carries the node's name beside its
 * address (`id address:port@bus,name,… flags …`), and names stay.
 */
export function startScript(paths: Paths): string {
  return `#!/bin/sh
set -eu
file=${paths.data}/nodes.conf
case $POD_IP in
  *:*) database=ahostsv6 ;;
  *) database=ahostsv4 ;;
esac

# Prints the names of the other nodes in the file.
list_names() {
  awk '$3 !~ /myself/ { split($2, part, ","); if (part[2] != "") print part[2] }' "$file"
}

# Prints "name address" for those of them that can be resolved by now.
look_up() {
  list_names | while read -r name; do
    address=$(getent "$database" "$name" | awk 'NR == 1 { print $1 }') || address=
    [ -z "$address" ] || echo "$name $address"
  done
}

if [ -s "$file" ]; then
  names=$(list_names | awk 'END { print NR }')
  waited=0
  found=$(look_up)
  while [ "$(echo "$found" | awk 'NF == 2 { count++ } END { print count + 0 }')" -lt "$names" ] &&
    [ "$waited" -lt ${waitForNamesSeconds} ]; do
    sleep 1
    waited=$((waited + 1))
    found=$(look_up)
  done
  echo "$found" | awk -v own="$POD_IP" '
    # Everything from the last colon before the @ on stays: port, bus port, names.
    function move(place, address) {
      match(place, /:[0-9]+@/)
      return address substr(place, RSTART)
    }
    FNR == NR { if (NF == 2) address[$1] = $2; next }
    $3 ~ /myself/ { $2 = move($2, own) }
    $3 !~ /myself/ && $1 != "vars" { split($2, part, ","); if (part[2] in address) $2 = move($2, address[part[2]]) }
    { print }
  ' - "$file" > "$file.new"
  mv "$file.new" "$file"
fi
exec redis-server ${paths.config}/redis.conf \\
  --cluster-announce-ip "$POD_IP" --replica-announce-ip "$POD_IP" \\
  --cluster-announce-hostname "$POD_NAME.$POD_DOMAIN"
`;
}

/**
 * Ready: answers, has loaded its data, and its cluster works; or it owns no slots yet, because the cluster has still to
 * be formed or the node to be taken in.
 */
export function readyScript(paths: Paths): string {
  return `#!/bin/sh
REDISCLI_AUTH=$(cat ${paths.users}/admin-password)
export REDISCLI_AUTH
answer=$(redis-cli -p ${redisPort} --user ${adminUser} --no-auth-warning cluster info) || exit 1
case $answer in
  *cluster_state:ok*) exit 0 ;;
  *cluster_slots_assigned:0*) exit 0 ;;
esac
echo "$answer" | sed -n 1,5p
exit 1
`;
}

/** Alive: any answer counts, also that the data is being loaded or that a login is missing. */
export function aliveScript(): string {
  return `#!/bin/sh
exec redis-cli -p ${redisPort} ping
`;
}
