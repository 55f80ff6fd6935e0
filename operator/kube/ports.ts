/** What this layer needs from the outside without knowing who gives it. */

/** A structured logger: data as fields, a constant message. pino's `Logger` fits. */
export interface KubeLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
