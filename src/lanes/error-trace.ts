/**
 * What went wrong, without the error's message, which may quote a row: name, code, and where in our code it happened.
 */
export const traceOf = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  const frame = /\(?(?:file:\/\/)?[^\s(]*?\/(src\/[^\s)]+)\)?/.exec(error.stack ?? '')
  return `${error.name}${code}${frame ? ` at ${frame[1]}` : ''}`
}
