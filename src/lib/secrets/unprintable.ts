import { inspect } from 'node:util'

const shown = { value: () => '[not printed]', enumerable: false, configurable: true }
const hide = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return
  Object.defineProperties(value, { [inspect.custom]: shown, toJSON: shown })
}

/**
 * The same object, but it shows nothing when it is printed or turned into JSON. The same holds for
 * the named `members`, and for the items of those that are lists: they hold secrets, and an error
 * or a log line must not carry them by accident. Code reads all of it as before; a copy by `...`
 * prints again.
 */
export const unprintable = <T extends object>(value: T, members: readonly (keyof T)[]): T => {
  for (const name of members) {
    const member = value[name]
    for (const one of Array.isArray(member) ? [member, ...member] : [member]) hide(one)
  }
  hide(value)
  return value
}
