import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'

import { createClamd } from '../../../src/inspection/guest-files/clamd.ts'
import {
  clamdSkip,
  EICAR,
  MARKER,
  startClamd,
  type Clamd,
} from '../../support/guest-files/clamd-process.ts'
import { zipOf } from '../../support/guest-files/zips.ts'

/** Yields the pieces as the store does. */
async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += 65_536) yield bytes.subarray(from, from + 65_536)
}

describe('clamd, as Debian has it', { skip: clamdSkip() }, () => {
  let clamd: Clamd
  before(async () => {
    clamd = await startClamd({ streamMaxLength: '1M' })
  })
  after(async () => clamd.stop())
  const scan = async (bytes: Buffer | string) =>
    createClamd({ path: clamd.socket }).scan(inPieces(Buffer.from(bytes)))

  it('says its version', async () => {
    assert.match((await createClamd({ path: clamd.socket }).engine()) ?? '', /^clamav \d/u)
  })
  it('finds EICAR', async () => {
    assert.equal((await scan(EICAR)).verdict, 'infected')
  })
  it('finds a marker in a zip', async () => {
    const zip = zipOf([{ name: 'a.txt', data: `x${MARKER}y` }])
    assert.equal((await scan(zip)).verdict, 'infected')
  })
  it('finds a marker in a zip in a zip', async () => {
    const inner = zipOf([{ name: 'a.txt', data: MARKER }])
    assert.equal((await scan(zipOf([{ name: 'b.zip', data: inner }]))).verdict, 'infected')
  })
  it('lets a clean file of many pieces pass, and names the engine', async () => {
    const result = await scan(Buffer.alloc(900_000, 'a'))
    assert.equal(result.verdict, 'clean')
    assert.match(result.engine ?? '', /^clamav /u)
  })
  it('has no verdict on a stream past its limit', async () => {
    assert.equal((await scan(Buffer.alloc(5_000_000, 'a'))).verdict, 'unavailable')
  })
})

/** A server that answers with a version, and then as the test demands. */
const liar = async (answer: (socket: Socket) => void) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (piece: Buffer) => {
      if (piece.toString().startsWith('zVERSION')) socket.end('ClamAV 1.4.6/1/x\0')
      else answer(socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  return createClamd({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
}

describe('answers without a verdict', () => {
  const ANSWERS = [
    'stream: OK ',
    'stream: ok',
    'OK',
    'stream: OK FOUND?',
    'stream: Limits.Exceeded ERROR',
    'INSTREAM size limit exceeded. ERROR',
    'UNKNOWN COMMAND',
    '',
  ]
  for (const answer of ANSWERS) {
    it(`"${answer}" is none`, async () => {
      const scanner = await liar((socket) => socket.end(`${answer}\0`))
      assert.equal((await scanner.scan(inPieces(Buffer.from('x')))).verdict, 'unavailable')
    })
  }
  it('a connection that ends without a word is none', async () => {
    const scanner = await liar((socket) => socket.destroy())
    assert.equal((await scanner.scan(inPieces(Buffer.alloc(3_000_000)))).verdict, 'unavailable')
  })
  it('a file that cannot be read to its end gets none, even from a scanner that says OK', async () => {
    const scanner = await liar((socket) => setTimeout(() => socket.end('stream: OK\0'), 50))
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(10)
      throw new Error('gone')
    }
    assert.equal((await scanner.scan(broken())).verdict, 'unavailable')
  })
  it('a scanner that cannot be reached gives no verdict', async () => {
    const scanner = createClamd({ path: '/nonexistent/clamd.sock' })
    assert.deepEqual(await scanner.scan(inPieces(Buffer.from('x'))), {
      verdict: 'unavailable',
      engine: null,
    })
    assert.equal(await scanner.engine(), null)
  })
})
