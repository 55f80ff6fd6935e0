/** Required where the value is always there, optional where it may be `undefined`. */
type Present<Value> = {
  [Key in keyof Value as undefined extends Value[Key] ? never : Key]: Value[Key];
} & {
  [Key in keyof Value as undefined extends Value[Key] ? Key : never]?: Exclude<Value[Key], undefined>;
};

/** Absent instead of `undefined`, so that two statuses compare as they are stored. */
export function dropUndefined<Value extends object>(value: Value): Present<Value> {
  // Only the entries without a value are left out, which is what the type says.
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Present<Value>;
}
