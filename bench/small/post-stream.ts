import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { contactOf, FILE_COLUMNS } from '../../test/support/stages/contact-file.ts'

/**
 * One upload of one contact, as its sender saw it. Times are by the wall clock, which all processes
 * of a machine share.
 */
export type Posted = {
  listId: string
  contactId: string
  uploadId: string
  startedAt: number
  answeredAt: number
}

export type Stream = {
  posted: Posted[]
  seconds: number
}

/**
 * A connection that stays open and carries one request at a time. It costs little, so that the cost
 * of the sender does not hide the cost of the gateway.
 */
type Line = { post(head: string, body: string): Promise<string>; close(): void }

const HEAD_END = '\r\n\r\n'

const openLine = async (address: string): Promise<Line> => {
  const { hostname, port } = new URL(address)
  const socket: Socket = connect(Number(port), hostname).setNoDelay(true)
  await once(socket, 'connect')
  let text = ''
  let waiting: PromiseWithResolvers<string> | null = null
  const take = (): void => {
    const headEnd = text.indexOf(HEAD_END)
    if (headEnd < 0) return
    const length = Number(/content-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1] ?? 0)
    const end = headEnd + HEAD_END.length + length
    if (text.length < end) return
    const answer = text.slice(0, end)
    text = text.slice(end)
    waiting?.resolve(answer)
  }
  socket.setEncoding('latin1').on('data', (piece: string) => {
    text += piece
    take()
  })
  const broken = (): void => waiting?.reject(new Error('The gateway closed the connection'))
  socket.on('error', broken).on('close', broken)
  return {
    post: (head, body) => {
      waiting = Promise.withResolvers<string>()
      socket.write(`${head}${body}`)
      return waiting.promise
    },
    close: () => socket.removeAllListeners().destroy(),
  }
}

const JSON_COLUMNS = FILE_COLUMNS.map((name) => name)

/** The contact as a CRM posts it when it changes. */
export const bodyOf = (prefix: string, n: number): string => {
  const contact = contactOf(prefix, n)
  return JSON.stringify([Object.fromEntries(JSON_COLUMNS.map((name) => [name, contact[name]]))])
}

/**
 * Posts one contact after the other for `seconds`, to `lists` in turn. `lines`: the number of
 * connections. `aSecond`: how many contacts a second, as long as a connection is free. null: each
 * connection posts the next contact as soon as it has an answer. Throws if the gateway does not
 * accept a contact.
 */
export const postStream = async (about: {
  address: string
  key: string
  prefix: string
  lists: readonly string[]
  seconds: number
  aSecond: number | null
  lines: number
  /** The path of the call for a list. The obvious gateway has another path. */
  pathOf?: (listId: string) => string
}): Promise<Stream> => {
  const pathOf = about.pathOf ?? ((listId) => `/v1/contact-lists/${listId}/uploads`)
  const lines = await Promise.all(
    Array.from({ length: about.lines }, () => openLine(about.address)),
  )
  const posted: Posted[] = []
  const startedAt = performance.now()
  const ownMs = (): number => performance.now() - startedAt
  let next = 0
  const send = async (line: Line): Promise<void> => {
    for (;;) {
      const n = next
      const dueMs = about.aSecond === null ? ownMs() : (n * 1000) / about.aSecond
      if (dueMs >= about.seconds * 1000) return
      next += 1
      const waitMs = dueMs - ownMs()
      if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs))
      posted.push(await postOne(line, n))
    }
  }
  const postOne = async (line: Line, n: number): Promise<Posted> => {
    const listId = about.lists[n % about.lists.length]!
    const body = bodyOf(about.prefix, n)
    const head =
      `POST ${pathOf(listId)} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${about.key}\r\n` +
      `content-type: application/json\r\nidempotency-key: ${about.prefix}-${n}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n`
    const started = Date.now()
    const answer = await line.post(head, body)
    const uploadId = /"id":"([^"]+)"/.exec(answer)?.[1]
    if (!answer.startsWith('HTTP/1.1 202') || uploadId === undefined) {
      throw new Error(`Answered ${answer.slice(0, 400)}`)
    }
    const contactId = contactOf(about.prefix, n).customerId!
    return { listId, contactId, uploadId, startedAt: started, answeredAt: Date.now() }
  }
  try {
    await Promise.all(lines.map(send))
    return { posted, seconds: ownMs() / 1000 }
  } finally {
    for (const line of lines) line.close()
  }
}
