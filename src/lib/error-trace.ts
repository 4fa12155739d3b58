const nameOf = (error: object): string =>
  'name' in error && typeof error.name === 'string' ? error.name : 'Error'

/**
 * An error without its message, which may quote a row: name, code, and the place in our code. It
 * also accepts an error that a library has copied into a plain object.
 */
export const traceOf = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return typeof error
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  const stack = 'stack' in error && typeof error.stack === 'string' ? error.stack : ''
  const frame = /\(?(?:file:\/\/)?[^\s(]*?\/(src\/[^\s)]+)\)?/.exec(stack)
  return `${nameOf(error)}${code}${frame ? ` at ${frame[1]}` : ''}`
}
