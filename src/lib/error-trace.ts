const nameOf = (error: object): string =>
  'name' in error && typeof error.name === 'string' ? error.name : 'Error'

/**
 * Describes an error for the log by its name, its code and its place in our code. Leaves out its
 * message, which may quote a row of personal data. Also accepts an error that a library has copied
 * into a plain object.
 */
export const traceOf = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return typeof error
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  const stack = 'stack' in error && typeof error.stack === 'string' ? error.stack : ''
  const frame = /\(?(?:file:\/\/)?[^\s(]*?\/(src\/[^\s)]+)\)?/.exec(stack)
  return `${nameOf(error)}${code}${frame ? ` at ${frame[1]}` : ''}`
}
