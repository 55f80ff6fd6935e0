/** A layer of an image as it lies in the cache. */
export interface Layer {
  /** Digest of the tar archive: what makes two layers the same, however they are compressed. */
  readonly diffId: string;
  /** Digest of the compressed file. */
  readonly digest: string;
  readonly mediaType: string;
  /** Compressed bytes. */
  readonly size: number;
  /** The compressed file. */
  readonly path: string;
}

/** `config` of an image as the OCI image specification has it; fields that we do not use are kept as they are. */
export interface ImageConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
}

/** An image without a name. */
export interface Image {
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
}

/** An image with the reference under which pods ask for it, e.g. `localhost/redis:7.0`. */
export interface NamedImage extends Image {
  readonly name: string;
}
