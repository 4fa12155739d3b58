// The code that the other programs of this folder share. Copy it beside them. Do not run it.
//
//   GATEWAY_KEY   your key, required
//   GATEWAY_URL   address of the gateway. Default: http://127.0.0.1:3000
import { randomUUID } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

const { GATEWAY_KEY, GATEWAY_URL = 'http://127.0.0.1:3000' } = process.env
if (!GATEWAY_KEY) throw new Error('Set GATEWAY_KEY to your key')
const MAX_ATTEMPTS = 10

/**
 * Calls the gateway, and resolves with its answer.
 * Tries again after a lost connection, 429, 5xx, or any refusal with Retry-After. Throws after any
 * other refusal, and after 10 attempts.
 */
export const call = async (method, path, { headers = {}, body } = {}) => {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(`${GATEWAY_URL}${path}`, {
      method,
      headers: { authorization: `Bearer ${GATEWAY_KEY}`, ...headers },
      body,
    }).catch((error) => error)
    if (answer.ok) return answer

    const isLost = answer instanceof Error
    const retryAfter = isLost ? null : answer.headers.get('retry-after')
    const isTemporary = isLost || answer.status === 429 || answer.status >= 500 || retryAfter
    const why = isLost ? answer.message : `${answer.status} ${await answer.text()}`
    if (!isTemporary || attempt === MAX_ATTEMPTS) throw new Error(`${method} ${path}: ${why}`)

    const waitMs = 1000 * (Number(retryAfter) || Math.min(60, 2 ** (attempt - 1)))
    console.error(`${method} ${path}: ${why}. Attempt ${attempt + 1} in ${waitMs} ms`)
    await delay(waitMs)
  }
}

const keyFileOf = (file) => `${file}.idempotency-key`

const keyOf = async (file) => {
  const kept = await readFile(keyFileOf(file), 'utf8').catch(() => '')
  if (kept) return kept
  const key = randomUUID()
  await writeFile(keyFileOf(file), key)
  return key
}

/**
 * Sends a file, and resolves with the answer as JSON. The Idempotency-Key is stored beside the
 * file, so every attempt has the same key, even after a crash of this program. Nothing happens
 * twice, even if an answer was lost. Call `forgetKey(file)` when you have the result.
 */
export const sendFile = async (method, path, file, type) => {
  const headers = { 'idempotency-key': await keyOf(file), 'content-type': type }
  const answer = await call(method, path, { headers, body: await openAsBlob(file) })
  return answer.json()
}

export const forgetKey = (file) => rm(keyFileOf(file), { force: true })

/** Reads an object every second until `isWanted` accepts it. */
export const readUntil = async (path, isWanted) => {
  for (;;) {
    const answer = await call('GET', path)
    const found = await answer.json()
    if (isWanted(found)) return found
    await delay(1000)
  }
}
