import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'

import { createNumberReader } from '../../../../src/intake/registries/number-lines.ts'
import {
  REGISTRY_COUNTRIES,
  type RegistryFile,
  registryFile,
  type RegistryForm,
} from '../../../support/do-not-call/registry-file.ts'

const bytesOf = async (about: RegistryFile, form: RegistryForm): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for await (const piece of registryFile(about, form)) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

const numbersOf = (country: string, bytes: Buffer): number[] => {
  const numbers: number[] = []
  const reader = createNumberReader(country, (number) => numbers.push(number))
  reader.read(bytes)
  assert.equal(reader.end().rejected, 0)
  return numbers
}

describe('The generator of registries', () => {
  for (const country of REGISTRY_COUNTRIES) {
    it(`makes as many numbers of ${country} as it is asked for, ascending, each once, in every form`, async () => {
      const about = { country, numbers: 5_000 }
      const ftc = await bytesOf(about, 'ftc')
      const numbers = numbersOf(country, ftc)
      assert.equal(numbers.length, 5_000)
      assert.ok(numbers.every((number, at) => at === 0 || number > numbers[at - 1]!))
      assert.deepEqual(numbersOf(country, await bytesOf(about, 'plain')), numbers)
      assert.deepEqual(gunzipSync(await bytesOf(about, 'gzip')), ftc)
    })
  }

  it('makes the same file for the same seed, and for `more` the same numbers and so many besides', async () => {
    const about = { country: 'US', numbers: 4_000 }
    const file = await bytesOf(about, 'ftc')
    assert.deepEqual(await bytesOf(about, 'ftc'), file)
    assert.notDeepEqual(await bytesOf({ ...about, seed: 2 }, 'ftc'), file)
    const before = numbersOf('US', file)
    const after = new Set(numbersOf('US', await bytesOf({ ...about, more: 300 }, 'ftc')))
    assert.equal(after.size, 4_300)
    assert.ok(before.every((number) => after.has(number)))
  })
})
