import { accessSync, constants } from 'node:fs'

const LISTED = /^(postgres(?:ql)?:\/\/)((?:[^/?#]*@)?)([^/?#@]+)(\/[^?#]*)?(\?[^#]*)?$/

/**
 * Splits a PostgreSQL URL with one or several hosts
 * (`postgres://user:password@one:5432,two:5432/name`, as libpq accepts) into one URL per host, in
 * order. Our drivers accept only one host. null: the text does not have this form.
 */
export const urlsOfHosts = (url: string): string[] | null => {
  const parts = LISTED.exec(url)
  if (parts === null) return null
  const [, protocol = '', credentials = '', hosts = '', path = '', query = ''] = parts
  const urls = hosts.split(',').map((host) => `${protocol}${credentials}${host}${path}${query}`)
  return urls.every((one, at) => hosts.split(',')[at] !== '' && URL.canParse(one)) ? urls : null
}

/** The parameters of a PostgreSQL URL that name a file. */
const FILES = ['sslrootcert', 'sslcert', 'sslkey']

const isReadable = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/** The parameters of the URL that name a file which the gateway cannot read. */
export const unreadableFilesOf = (url: string): string[] => {
  const [one = ''] = urlsOfHosts(url) ?? []
  const parameters = URL.parse(one)?.searchParams
  return FILES.filter((name) => {
    const path = parameters?.get(name)
    return path ? !isReadable(path) : false
  })
}
