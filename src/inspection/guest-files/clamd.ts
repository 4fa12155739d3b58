import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'

import type { Scanner, ScanResult } from '../../workflows/ports/guest-files/scanner.ts'

/**
 * The longest time in which no byte is sent to clamd or received from it. A 10 MiB scan took 0.3 s
 * [next-anchors: 4], but a scan may have to wait for 20 other scans.
 */
const SILENCE_MS = 60_000
const MAX_ANSWER_BYTES = 4096

const answerOf = async (socket: Socket): Promise<string> => {
  let answer = ''
  for await (const piece of socket as AsyncIterable<Buffer>) {
    answer += piece.toString('utf8')
    if (answer.includes('\0') || answer.length > MAX_ANSWER_BYTES) break
  }
  return answer.split('\0', 1)[0]!
}

/**
 * Sends the pieces of a question and returns the answer. `pipeline` also ends when the connection
 * is closed between two pieces. A write after that would never emit `drain`.
 */
const ask = async (
  at: NetConnectOpts,
  questionTo: (socket: Socket) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<string> => {
  const socket = connect(at)
  socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error('clamd is silent')))
  // clamd may answer and close the connection before all bytes are sent, for example if the file is
  // too large. The answer counts, not the failed write.
  socket.on('error', () => undefined)
  try {
    const answer = answerOf(socket)
    answer.catch(() => undefined)
    await pipeline(questionTo(socket), socket, { end: false }).catch(() => undefined)
    return await answer
  } finally {
    socket.destroy()
  }
}

/**
 * Closes the connection if the file cannot be read to its end. Otherwise clamd would wait for the
 * rest of the file, and the gateway would wait for clamd.
 */
async function* endingWith(
  socket: Socket,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces
  } catch (error) {
    socket.destroy(new Error('the file cannot be read'))
    throw error
  }
}

const lengthOf = (count: number): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(count)
  return length
}

/**
 * A file in clamd's protocol (zINSTREAM): its length precedes each piece, and a length of zero ends
 * the file.
 */
async function* framesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from('zINSTREAM\0')
  for await (const piece of pieces) {
    yield lengthOf(piece.length)
    yield piece
  }
  yield lengthOf(0)
}

/**
 * `stream: OK` means clean, and `stream: … FOUND` means infected. If there is no answer or any
 * other answer, such as an error or a limit, the verdict is `unavailable`.
 */
const verdictOf = (answer: string): ScanResult['verdict'] => {
  if (answer === 'stream: OK') return 'clean'
  return /^stream: .+ FOUND$/u.test(answer) ? 'infected' : 'unavailable'
}

/** A scanner that uses clamd at a socket or a port. */
export const createClamd = (at: NetConnectOpts): Scanner => {
  const version = async (signal?: AbortSignal): Promise<string> => {
    const answer = await ask(signal === undefined ? at : { ...at, signal }, () => [
      Buffer.from('zVERSION\0'),
    ])
    // For example `ClamAV 1.4.6/27000/Mon Jan …`: the version of the program, the version of its
    // signatures, and their date.
    const [program = '', signatures] = answer.split('/')
    if (!/^ClamAV [\w.+-]{1,40}$/u.test(program)) throw new Error('clamd gives no version')
    const name = program.replace('ClamAV', 'clamav')
    return signatures !== undefined && /^\d{1,9}$/u.test(signatures)
      ? `${name} (signatures ${signatures})`
      : name
  }
  return {
    engine: async (signal) => version(signal).catch(() => null),
    scan: async (pieces) => {
      try {
        const engine = await version()
        const answer = await ask(at, (socket) => framesOf(endingWith(socket, pieces)))
        return { verdict: verdictOf(answer), engine }
      } catch {
        return { verdict: 'unavailable', engine: null }
      }
    },
  }
}
