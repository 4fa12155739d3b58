import { inspect } from 'node:util'

const shown = { value: () => '[not printed]', enumerable: false, configurable: true }
const hide = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return
  Object.defineProperties(value, { [inspect.custom]: shown, toJSON: shown })
}

/**
 * Makes an object show only `[not printed]` when it is printed or turned into JSON, so that no
 * error or log line reveals its secrets by accident. Does the same with the members that `members`
 * names. If such a member is an array, does the same with its items. Code can still read
 * everything. A copy made with `...` is not protected. Returns the same object.
 */
export const unprintable = <T extends object>(value: T, members: readonly (keyof T)[]): T => {
  for (const name of members) {
    const member = value[name]
    for (const one of Array.isArray(member) ? [member, ...member] : [member]) hide(one)
  }
  hide(value)
  return value
}
