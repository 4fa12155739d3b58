// Checks a scrub certificate of the Outbound Gateway. You need Node 18 or newer, this file, the
// certificate and the public key. You need no gateway, no network and no package. You may copy this
// file.
//
//   node certificate-verify.mjs CERTIFICATE [--key KEY.pem | --keys KEYS.json]
//
// CERTIFICATE  the answer of GET /v1/uploads/{uploadId}/scrub-certificate, byte for byte
// --key        one public key as PEM
// --keys       the answer of GET /v1/signing-keys. Default: keys.json. Save it before anyone has
//              a reason to change it
//
// Exit code 0: the certificate is genuine. 1: it is not genuine, or another key signed it. 2: it
// could not be checked.
import { createPublicKey, verify } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const FORMAT = 'outbound-gateway/scrub-certificate/1'
/**
 * The first line of the signed bytes. Because of this line, a signature for another purpose is not
 * valid here.
 */
const PURPOSE = 'outbound-gateway scrub-certificate\n'

/**
 * JSON in the form of RFC 8785: no spaces, members in the order of their names. All numbers of a
 * certificate are integers.
 */
const canonical = (value) => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const names = Object.keys(value).sort() // oxlint-disable-line unicorn/no-array-sort -- toSorted() is not in Node 18
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}

const parsed = (bytes) => {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return null
  }
}

/**
 * Checks the `bytes` of a certificate. `keyOf` returns the PEM for a key id, or undefined. Returns
 * what is wrong, or the certificate.
 */
export const check = (bytes, keyOf) => {
  const document = parsed(bytes)
  if (document === null || typeof document !== 'object') return { fault: 'It is no JSON object.' }
  // A document with the same content in another spelling is refused too. No byte can therefore be
  // changed.
  if (!Buffer.from(canonical(document)).equals(bytes)) {
    return { fault: 'The gateway did not write these bytes: they were changed or formatted.' }
  }
  const { signature, ...certificate } = document
  if (certificate.format !== FORMAT) return { fault: `It is not of the form ${FORMAT}.` }
  const pem = keyOf(certificate.keyId)
  if (pem === undefined) {
    return { fault: `It names the key "${certificate.keyId}", which is not one of your keys.` }
  }
  const signed = Buffer.from(String(signature), 'base64')
  if (signed.toString('base64') !== signature) return { fault: 'Its signature is no base64.' }
  const text = Buffer.from(PURPOSE + canonical(certificate))
  if (!verify(null, text, createPublicKey(pem), signed)) {
    return { fault: `Key "${certificate.keyId}" did not sign this: it was changed, or made up.` }
  }
  return { certificate }
}

const days = (seconds) => `${(seconds / 86_400).toFixed(1)} days old`

/** The certificate in plain words. */
const told = ({ keyId, issuedAt, tenantId, upload, counts, codes, ...of }) => [
  `GENUINE. Key "${keyId}" signed the certificate at ${issuedAt}, and no byte was changed since then.`,
  `Upload ${upload.id} of tenant ${tenantId} to contact list ${upload.contactListId}, then ${upload.state}.`,
  `Its file has the SHA-256 ${upload.fileSha256} (${upload.fileBytes} bytes).`,
  `Its rows were looked up from ${of.check.startedAt} to ${of.check.endedAt}, by rule table ${of.ruleTable.version}.`,
  of.lists.length === 0 ? 'No do-not-call list had entries.' : 'In these do-not-call lists:',
  ...of.lists.map(
    (list) =>
      `- ${list.dncListId}${list.own ? '' : ' (of another tenant)'}: ${list.entries} entries of ${list.submissions} submissions, ${list.removed} removed; newest ${list.asOf}; digest ${list.digest}`,
  ),
  of.registries.length === 0 ? 'In no registry.' : 'In these editions of registries:',
  ...of.registries.map(
    (one) =>
      `- ${one.registry} (${one.country}), edition ${one.editionId}: ${one.numbers} numbers as of ${one.asOf}, ${days(one.ageSeconds)} when they were looked up (${one.lookedUp}); file ${one.digest ?? 'unknown'}`,
  ),
  `${counts.read} rows were read. ${counts.suppressed} were suppressed, ${counts.rejected} rejected, ${counts.accepted} accepted and ${counts.delivered} delivered.`,
  ...Object.entries(codes).map(([code, rows]) => `- ${code}: ${rows}`),
  ...(of.codesComplete ? [] : ['When it signed, the gateway no longer knew what suppressed rows.']),
  `The audit trail then ended with block ${of.audit.block}: npm run audit:verify -- … --head ${of.audit.block}:${of.audit.hash}`,
]

const readKeys = ({ key, keys = 'keys.json' }) => {
  if (key !== undefined) {
    const pem = readFileSync(key, 'utf8')
    createPublicKey(pem)
    return () => pem
  }
  const { items } = JSON.parse(readFileSync(keys, 'utf8'))
  const known = new Map(items.map(({ id, publicKey }) => [id, publicKey]))
  return (id) => known.get(id)
}

const main = () => {
  const options = { key: { type: 'string' }, keys: { type: 'string' } }
  const { values, positionals } = parseArgs({ allowPositionals: true, options })
  if (positionals.length !== 1 || (values.key && values.keys)) {
    throw new Error('Usage: certificate-verify.mjs CERTIFICATE [--key KEY.pem | --keys KEYS.json]')
  }
  const { certificate, fault } = check(readFileSync(positionals[0]), readKeys(values))
  process.stdout.write(
    `${fault === undefined ? told(certificate).join('\n') : `NOT GENUINE. ${fault}`}\n`,
  )
  return fault === undefined ? 0 : 1
}

// A program that imports this file may have been started without a script.
const script = process.argv[1] ?? ''
if (existsSync(script) && realpathSync(script) === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = main()
  } catch (error) {
    process.stderr.write(`NOT CHECKED. ${error.message}\n`)
    process.exitCode = 2
  }
}
