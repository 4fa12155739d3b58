import { inspect } from 'node:util'

const shown = { value: () => '[not printed]', enumerable: false, configurable: true }
const hide = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return
  Object.defineProperties(value, { [inspect.custom]: shown, toJSON: shown })
}

/**
 * The same object, which shows nothing of itself where it is printed or made to JSON, nor do the `members` named, and what is in those that are lists: they
 * hold secrets, and an error or a log line must not carry them by accident. All of it is read as before; a copy by `...` is printed again.
 */
export const unprintable = <T extends object>(value: T, members: readonly (keyof T)[]): T => {
  for (const name of members) {
    const member = value[name]
    for (const one of Array.isArray(member) ? [member, ...member] : [member]) hide(one)
  }
  hide(value)
  return value
}
