const LISTED = /^(postgres(?:ql)?:\/\/)((?:[^/?#]*@)?)([^/?#@]+)(\/[^?#]*)?(\?[^#]*)?$/

/**
 * A URL of PostgreSQL for each host of one that may list several (`postgres://user:password@one:5432,two:5432/name`, as libpq takes it), in their
 * order; null when it is none. Drivers take one host.
 */
export const urlsOfHosts = (url: string): string[] | null => {
  const parts = LISTED.exec(url)
  if (parts === null) return null
  const [, protocol = '', credentials = '', hosts = '', path = '', query = ''] = parts
  const urls = hosts.split(',').map((host) => `${protocol}${credentials}${host}${path}${query}`)
  return urls.every((one, at) => hosts.split(',')[at] !== '' && URL.canParse(one)) ? urls : null
}
