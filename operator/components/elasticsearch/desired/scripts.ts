import { nodeAttributes } from '../ask.ts';
import { enoughMapCount, s3Module, securityModule } from '../server-parts.ts';

/** Folders and files inside the container. */
export interface Paths {
  /** The installation. */
  readonly home: string;
  /** The volume. */
  readonly data: string;
  readonly logs: string;
  /** The ConfigMap. */
  readonly config: string;
  /** The Secret with password and key. */
  readonly users: string;
  /** The Secret of the backups' bucket; an empty folder when there is none. */
  readonly repository: string;
  /** For files of this start only. */
  readonly work: string;
  /** What is written there becomes part of the pod's status when the container ends. */
  readonly terminationLog: string;
}

/** First words of the termination log when a person has to decide. */
export const faultMarks = { mismatch: 'IdentityMismatch', version: 'VersionRefused' } as const;

/**
 * Starts the server on its volume with a configuration of its own: the image's, then ours, then what only the container
 * can know (state of the volume, limit of the machine, which modules the image has). A volume of another stack, and one
 * that a newer version or one more than a major behind wrote, ends the container with a word to the operator.
 */
export function startScript(paths: Paths, { wantsMemoryMaps }: { readonly wantsMemoryMaps: boolean }): string {
  return `#!/bin/sh
set -eu
modules=${paths.home}/modules
settings=${paths.work}/config/elasticsearch.yml

give_up() {
  echo "$*" | tee ${paths.terminationLog} >&2
  exit 1
}
set_to() {
  echo "$1: $2" >> "$settings"
}

# Whose volume is it, and who wrote it last?
stack=$(cat ${paths.config}/stack-id)
if [ -s ${paths.data}/stack-id ]; then
  found=$(cat ${paths.data}/stack-id)
  [ "$found" = "$stack" ] || give_up ${faultMarks.mismatch} "$found"
fi
version=$(ls ${paths.home}/lib | sed -n 's/^elasticsearch-\\([0-9][0-9.]*\\)\\.jar$/\\1/p')
if [ -s ${paths.data}/version ]; then
  found=$(cat ${paths.data}/version)
  oldest=$(printf '%s\\n%s\\n' "$found" "$version" | sort -V | head -n 1)
  [ "$oldest" = "$found" ] || give_up ${faultMarks.version} "$found" "$version"
  [ $((\${version%%.*} - \${found%%.*})) -le 1 ] || give_up ${faultMarks.version} "$found" "$version"
fi
volume=used
[ -e ${paths.data}/node/_state ] || volume=new
echo "$stack" > ${paths.data}/stack-id
echo "$version" > ${paths.data}/version

rm -rf ${paths.work}/config
cp -R ${paths.home}/config ${paths.work}/config
cat ${paths.config}/elasticsearch.yml > "$settings"
cat ${paths.config}/log4j2.properties > ${paths.work}/config/log4j2.properties

# Files mapped into memory are faster, and a server that may not map enough of them fails in the middle of its work.
maps=$(cat /proc/sys/vm/max_map_count 2>/dev/null || echo 0)
use_maps=${wantsMemoryMaps}
[ "$maps" -ge ${enoughMapCount} ] || use_maps=false
set_to node.store.allow_mmap $use_maps
set_to node.attr.${nodeAttributes.volume} $volume
set_to node.attr.${nodeAttributes.maxMapCount} "$maps"

# What the official image has and the shop does not use: downloads from the internet, machine learning.
[ ! -d "$modules/ingest-geoip" ] || set_to ingest.geoip.downloader.enabled false
[ ! -d "$modules/x-pack-ml" ] || set_to xpack.ml.enabled false

export ES_PATH_CONF=${paths.work}/config
keystore=${paths.home}/bin/elasticsearch-keystore
if [ -x "$keystore" ] && [ ! -e "$ES_PATH_CONF/elasticsearch.keystore" ]; then
  "$keystore" create
fi
if [ -d "$modules/${securityModule}" ]; then
  mkdir "$ES_PATH_CONF/certs"
  cp ${paths.users}/transport.key ${paths.users}/transport.crt "$ES_PATH_CONF/certs"
  set_to xpack.security.enabled true
  set_to xpack.security.autoconfiguration.enabled false
  set_to xpack.security.http.ssl.enabled false
  set_to xpack.security.transport.ssl.enabled true
  set_to xpack.security.transport.ssl.verification_mode certificate
  set_to xpack.security.transport.ssl.client_authentication required
  set_to xpack.security.transport.ssl.key certs/transport.key
  set_to xpack.security.transport.ssl.certificate certs/transport.crt
  set_to xpack.security.transport.ssl.certificate_authorities certs/transport.crt
  "$keystore" add --stdin --force bootstrap.password < ${paths.users}/password
fi
if [ -d "$modules/${s3Module}" ] && [ -s ${paths.repository}/accessKeyId ]; then
  "$keystore" add --stdin --force s3.client.default.access_key < ${paths.repository}/accessKeyId
  "$keystore" add --stdin --force s3.client.default.secret_key < ${paths.repository}/secretAccessKey
fi
exec ${paths.home}/bin/elasticsearch
`;
}
