/**
 * The directory in which Node keeps compiled code between processes, as environment of a child
 * process. Empty if the suite has no such directory. Without it, each of several hundred gateways
 * compiles the same sources again, which takes half of its start.
 */
export const compileCache = (): Record<string, string> => {
  const folder = process.env['NODE_COMPILE_CACHE']
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder }
}
