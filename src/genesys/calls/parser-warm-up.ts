import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Client } from 'undici'

/** With this many headers, V8 considers the parser busy enough to optimise it. */
const HEADERS = Array.from({ length: 100 }, (_, at) => [`x-made-up-${at}`, 'a'.repeat(100)])
const ANSWERS = 3

/**
 * Reads a few large made-up answers from this process. undici parses answers with WebAssembly. V8
 * optimises the parser only after it has parsed a lot, which takes more than a tenth of a second of
 * processor time. Without this, V8 would do so while the first file arrives. Rejects if this
 * process cannot listen on the loopback address.
 */
export const warmUpParser = async (): Promise<void> => {
  const server = createServer((_request, answer) => {
    for (const [name, value] of HEADERS) answer.setHeader(name!, value!)
    answer.end('made up')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new Client(`http://127.0.0.1:${port}`)
  try {
    for (let answer = 0; answer < ANSWERS; answer += 1) {
      const { body } = await client.request({ path: '/', method: 'GET' })
      await body.dump()
    }
  } finally {
    await client.destroy()
    const closed = once(server, 'close')
    server.close()
    await closed
  }
}
