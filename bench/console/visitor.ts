import { ADMIN_KEY } from '../../test/support/gateway/gateway-process.ts'

/** A browser that draws nothing. It is signed in and has the token of its forms. */
export type ConsoleVisitor = {
  get(path: string, headers?: Record<string, string>): Promise<{ text: string; status: number }>
  post(path: string, fields: Record<string, string>): Promise<{ text: string; status: number }>
}

export const signedIn = async (address: string): Promise<ConsoleVisitor> => {
  const send = (path: string, fields: Record<string, string>, cookie = '') =>
    fetch(`${address}${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: address, cookie },
      body: new URLSearchParams(fields),
    })
  const answer = await send('/console/sign-in', { key: ADMIN_KEY })
  const cookie = answer.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  if (cookie === '') throw new Error(`Nobody is signed in: ${answer.status}`)
  const get: ConsoleVisitor['get'] = async (path, headers = {}) => {
    const page = await fetch(`${address}${path}`, { headers: { ...headers, cookie } })
    return { text: await page.text(), status: page.status }
  }
  const { text } = await get('/console')
  const token = /name="_csrf" value="([^"]+)"/u.exec(text)?.[1] ?? ''
  return {
    get,
    post: async (path, fields) => {
      const page = await send(path, { ...fields, _csrf: token }, cookie)
      return { text: await page.text(), status: page.status }
    },
  }
}
