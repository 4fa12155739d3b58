import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import {
  createCmacBatch,
  createDigestBatch,
  DIGEST_SLACK_BYTES,
  keyedDigest,
} from '../../src/lib/keyed-digest.ts'

const ZERO = Buffer.alloc(16)

/** CMAC of one message as SP 800-38B describes it, with big integers. */
const plainCmac = (key: Uint8Array, message: Buffer): Buffer => {
  const toNumber = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`)
  const toBytes = (value: bigint): Buffer =>
    Buffer.from(value.toString(16).padStart(32, '0'), 'hex')
  const double = (value: bigint): bigint =>
    value >> 127n === 1n ? BigInt.asUintN(128, value << 1n) ^ 0x87n : value << 1n
  const chain = (bytes: Buffer): Buffer =>
    createCipheriv('aes-256-cbc', key, ZERO).setAutoPadding(false).update(bytes).subarray(-16)
  const first = double(toNumber(chain(ZERO)))
  const whole = message.length > 0 && message.length % 16 === 0
  const padded = whole
    ? message
    : Buffer.concat([message, Buffer.from([0x80]), Buffer.alloc(15 - (message.length % 16))])
  const last = toNumber(padded.subarray(-16)) ^ (whole ? first : double(first))
  return chain(Buffer.concat([padded.subarray(0, -16), toBytes(last)]))
}

describe('keyed digests', () => {
  const key = Buffer.from('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', 'hex')

  it('are AES-256-CMAC, by the examples of NIST SP 800-38B', () => {
    const message = Buffer.from(
      '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
        '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
      'hex',
    )
    const examples: [number, string][] = [
      [0, '028962f61b7bf89efc6b551f4667d983'],
      [16, '28a7023f452e8f82bd4bf28d8c37c35c'],
      [40, 'aaf3d8f1de5640c232f5b169b9c911e6'],
      [64, 'e1992190549f6ed5696a2c056c315410'],
    ]
    for (const [size, mac] of examples) {
      assert.equal(plainCmac(key, message.subarray(0, size)).toString('hex'), mac)
    }
  })

  it('made together are what each is alone, whatever the lengths, in order', () => {
    const batch = createCmacBatch(key)
    const sized = fc.nat(80).map((size) => 'x'.repeat(size))
    const long = fc.nat(9000).map((size) => 'é'.repeat(size))
    const texts = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
        { weight: 6, arbitrary: sized },
        long,
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(texts, (list) => {
        for (const text of list) batch.add(text)
        const wanted = list.map((text) => plainCmac(key, Buffer.from(text)))
        assert.deepEqual(batch.take(), Buffer.concat(wanted))
      }),
      { numRuns: 60 },
    )
  })

  it('of bytes among others are what they are of the text', () => {
    const key = Buffer.alloc(32, 5)
    const [texts, spans] = [createDigestBatch(key), createDigestBatch(key)]
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 50 })),
        fc.nat(5),
        (list, at) => {
          for (const text of list) {
            const spare = '>'.repeat(DIGEST_SLACK_BYTES)
            const bytes = Buffer.from(`${'<'.repeat(at)}${text}${spare}`)
            const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
            spans.addBytes(view, at, bytes.byteLength - DIGEST_SLACK_BYTES)
            texts.add(text)
          }
          assert.deepEqual(spans.take(), texts.take())
        },
      ),
      { numRuns: 200 },
    )
  })

  it('by the ten thousand come back each in its place', () => {
    const batch = createDigestBatch(key)
    for (let index = 0; index < 10_000; index += 1) batch.add(`c${index}`)
    const all = batch.take()
    assert.equal(all.length, 160_000)
    for (const index of [0, 1, 4095, 4096, 9999]) {
      const digest = keyedDigest(key, `c${index}`)
      assert.deepEqual(all.subarray(index * 16, index * 16 + 16), digest)
    }
    assert.equal(batch.take().length, 0)
  })

  it('differ by key and by purpose', () => {
    const other = createDigestBatch(key, 'other')
    other.add('c1')
    const digests = [keyedDigest(key, 'c1'), keyedDigest(Buffer.alloc(5), 'c1'), other.take()]
    assert.equal(new Set(digests.map((digest) => digest.toString('hex'))).size, 3)
  })

  it('of batches that fill at the same time under one key do not mix', () => {
    const [one, other] = [createDigestBatch(key), createDigestBatch(key)]
    const texts = Array.from({ length: 100 }, (_, n) => `person ${n} ${'x'.repeat(n)}`)
    for (const text of texts) {
      one.add(text)
      other.add(`${text}!`)
    }
    const alone = texts.map((text) => keyedDigest(key, text))
    const loud = texts.map((text) => keyedDigest(key, `${text}!`))
    assert.ok(one.take().equals(Buffer.concat(alone)))
    assert.ok(other.take().equals(Buffer.concat(loud)))
  })
})
