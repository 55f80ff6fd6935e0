/** The least `vm.max_map_count` of a machine with which Elasticsearch may map its files into memory (its own documentation). */
export const enoughMapCount = 262_144;

/** Modules of the official image that a build from published jars does not have. */
export const securityModule = 'x-pack-security';
export const s3Module = 'repository-s3';
