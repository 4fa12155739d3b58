import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A CRM that notes when it was notified of the end of each upload. It does not verify the
 * notifications, because the bench needs only the times.
 */
export type HearingCrm = {
  url: string
  secret: string
  /** By upload: the time on the wall clock when the CRM was first notified of the end. */
  heardAt: ReadonlyMap<string, number>
  close(): Promise<void>
}

export const startHearingCrm = async (): Promise<HearingCrm> => {
  const heardAt = new Map<string, number>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (piece: string) => void (body += piece))
    request.on('end', () => {
      const uploadId = /"uploadId":"([^"]+)"/.exec(body)?.[1]
      if (uploadId !== undefined && !heardAt.has(uploadId)) heardAt.set(uploadId, Date.now())
      response.writeHead(200).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/heard`,
    secret: `whsec_${randomBytes(32).toString('base64')}`,
    heardAt,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
