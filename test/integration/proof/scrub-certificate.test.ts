import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import {
  certificateText,
  codesOf,
  type ScrubCertificate,
  type SignedCertificate,
  signedText,
} from '../../../src/domain/proof/scrub-certificate.ts'
import { pairOfSeed, pemOf, signText } from '../../../src/domain/signing/ed25519.ts'
import { CERTIFICATE_EXAMPLES } from '../../../src/http/routes/proof/proof-examples.ts'

const run = promisify(execFile)
const KEY = pairOfSeed(Buffer.alloc(32, 7))
const OTHER = pairOfSeed(Buffer.alloc(32, 8))
const PEM = pemOf(KEY.publicKey)
const keyOf = () => PEM

const certificate = (): ScrubCertificate => {
  const { signature: _, ...rest } = CERTIFICATE_EXAMPLES[0]!.answer.body as SignedCertificate
  return rest
}
const signed = (pair = KEY, purpose: Parameters<typeof signText>[1] = 'scrub-certificate') =>
  Buffer.from(
    signedText(certificate(), signText(pair.privateKey, purpose, certificateText(certificate()))),
  )

type Check = (
  bytes: Buffer,
  keyOf: (id: string) => string | undefined,
) => { fault?: string; certificate?: ScrubCertificate }

describe('The verifier of scrub certificates, alone in a folder with a certificate and a key', () => {
  let folder: string
  let check: Check
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certificate-'))
    await copyFile('src/certificate-verify.mjs', join(folder, 'verify.mjs'))
    await writeFile(join(folder, 'certificate.json'), signed())
    await writeFile(join(folder, 'key.pem'), pemOf(KEY.publicKey))
    assert.equal((await readdir(folder)).length, 3)
    const copied = (await import(pathToFileURL(join(folder, 'verify.mjs')).href)) as {
      check: Check
    }
    check = copied.check
  })
  after(() => rm(folder, { recursive: true }))

  const verify = async (...args: string[]): Promise<{ code: number; text: string }> => {
    try {
      const { stdout } = await run(process.execPath, ['verify.mjs', ...args], { cwd: folder })
      return { code: 0, text: stdout }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { code, text: stdout + stderr }
    }
  }

  it('says in words what it verified', async () => {
    const { code, text } = await verify('certificate.json', '--key', 'key.pem')
    assert.equal(code, 0, text)
    assert.match(text, /^GENUINE\. Key "kept-1" signed the certificate/u)
    assert.match(text, /- demo-dnc: 14 entries of 2 submissions, 1 removed/u)
    assert.match(text, /- ftc \(US\), edition rge_\w+: 258500000 numbers .* 3\.3 days old/u)
    assert.match(text, /- suppressed-registry: 1\n/u)
    assert.match(text, /--head 12:9f86d0/u)
  })

  it('finds the key among those that the gateway publishes', async () => {
    const items = [
      { id: 'older', publicKey: pemOf(OTHER.publicKey) },
      { id: 'kept-1', publicKey: pemOf(KEY.publicKey) },
    ]
    await writeFile(join(folder, 'keys.json'), JSON.stringify({ items }))
    assert.equal((await verify('certificate.json')).code, 0)
    await writeFile(join(folder, 'keys.json'), JSON.stringify({ items: items.slice(0, 1) }))
    const { code, text } = await verify('certificate.json', '--keys', 'keys.json')
    assert.equal(code, 1)
    assert.match(text, /names the key "kept-1", which is not one of your keys/u)
    await rm(join(folder, 'keys.json'))
  })

  it('ends with 1 for what is not genuine, and with 2 for what it cannot check', async () => {
    await writeFile(
      join(folder, 'spaced.json'),
      JSON.stringify(JSON.parse(signed().toString()), null, 1),
    )
    const spaced = await verify('spaced.json', '--key', 'key.pem')
    assert.deepEqual([spaced.code, /NOT GENUINE/u.test(spaced.text)], [1, true])
    await rm(join(folder, 'spaced.json'))
    for (const args of [
      ['certificate.json'],
      ['certificate.json', '--key', 'none.pem'],
      ['none.json', '--key', 'key.pem'],
      ['certificate.json', '--key', 'certificate.json'],
      ['certificate.json', '--key', 'key.pem', '--keys', 'key.pem'],
      ['--unknown'],
    ]) {
      const { code, text } = await verify(...args)
      assert.deepEqual([code, text.startsWith('NOT CHECKED.')], [2, true], args.join(' '))
    }
  })

  it('refuses a certificate in which any single byte was changed, in any bit', () => {
    const genuine = signed()
    assert.equal(check(genuine, keyOf).fault, undefined)
    for (let at = 0; at < genuine.length; at += 1) {
      for (const bit of [0, 1, 2, 3, 4, 5, 6, 7]) {
        const other = genuine[at]! ^ (1 << bit)
        const changed = Buffer.from(genuine)
        changed[at] = other
        assert.notEqual(check(changed, keyOf).fault, undefined, `byte ${at} as ${other}`)
      }
    }
  })

  it('refuses a certificate with a byte more or less', () => {
    const genuine = signed()
    for (let at = 0; at <= genuine.length; at += 1) {
      const less = Buffer.concat([genuine.subarray(0, at), genuine.subarray(at + 1)])
      const more = Buffer.concat([genuine.subarray(0, at), Buffer.from(' '), genuine.subarray(at)])
      assert.notEqual(check(more, keyOf).fault, undefined, `a space at ${at}`)
      if (at < genuine.length) assert.notEqual(check(less, keyOf).fault, undefined, `without ${at}`)
    }
  })

  it('refuses what another key signed, or this key for another purpose', () => {
    assert.match(check(signed(OTHER), keyOf).fault!, /did not sign this/u)
    assert.match(check(signed(KEY, 'audit-block'), keyOf).fault!, /did not sign this/u)
    assert.match(check(Buffer.from('[]'), keyOf).fault!, /form/u)
    assert.match(check(Buffer.from('null'), keyOf).fault!, /no JSON object/u)
  })
})

describe('The codes of a certificate', () => {
  const counts = { suppressed: 3, duplicates: 1 }

  it('say what suppressed each row, while that is known', () => {
    assert.deepEqual(
      codesOf(
        { 'phone-invalid': 2 },
        { entries: 2, registries: 1, withoutConsent: 0 },
        { superseded: 1 },
        counts,
      ),
      {
        codes: {
          ...{ 'phone-invalid': 2, superseded: 1, 'replaced-in-file': 1 },
          ...{ 'suppressed-dnc': 2, 'suppressed-registry': 1 },
        },
        codesComplete: true,
      },
    )
  })

  it('leave it out where rows are past their retention, and say so', () => {
    assert.deepEqual(codesOf({}, { entries: 1, registries: 0, withoutConsent: 0 }, {}, counts), {
      codes: { 'replaced-in-file': 1 },
      codesComplete: false,
    })
  })
})
