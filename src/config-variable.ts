/**
 * A variable that the gateway reads. `CONFIG_VARIABLES` has all variables, in the order of
 * `.env.example`. A test compares that file with `CONFIG_VARIABLES`.
 */
export type ConfigVariable = {
  name: string
  group: string
  /**
   * The value if the variable is not set. null: there is no fixed value. `reason` names the default
   * if one is computed.
   */
  default: string | null
  reason: string
  secret?: true
}

/** A variable whose value may be shown. `defaultValue` null: there is no fixed default. */
export const variable = (
  group: string,
  name: string,
  defaultValue: string | null,
  reason: string,
): ConfigVariable => ({ group, name, default: defaultValue, reason })

/** A variable whose value is never shown. It has no default. */
export const secret = (group: string, name: string, reason: string): ConfigVariable => ({
  ...variable(group, name, null, reason),
  secret: true,
})
