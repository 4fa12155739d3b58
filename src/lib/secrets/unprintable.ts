import { inspect } from 'node:util'

const shown = { value: () => '[not printed]', enumerable: false, configurable: true }
const hide = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return
  Object.defineProperties(value, { [inspect.custom]: shown, toJSON: shown })
}

/**
 * The same object, but printing it or turning it into JSON shows nothing. The same applies to the
 * named `members`, and to the items of members that are lists. They hold secrets, which an error or
 * a log line must not carry by accident. Code reads all of it as before. A copy by `...` prints
 * again.
 */
export const unprintable = <T extends object>(value: T, members: readonly (keyof T)[]): T => {
  for (const name of members) {
    const member = value[name]
    for (const one of Array.isArray(member) ? [member, ...member] : [member]) hide(one)
  }
  hide(value)
  return value
}
