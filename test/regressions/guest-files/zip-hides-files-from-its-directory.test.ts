import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createJudged } from '../../support/guest-files/judged.ts'
import { PE } from '../../support/guest-files/payloads.ts'
import { zipOf } from '../../support/guest-files/zips.ts'

const LINE = Buffer.from('PK\x01\x02', 'latin1')
const TEXT = { name: 'a.txt', data: 'hello' }
const PROGRAM = zipOf([{ name: 'evil.exe', data: PE, method: 0 }])
/** The program as an entry, without its directory. */
const ENTRY = PROGRAM.subarray(0, PROGRAM.indexOf(LINE))
const HELD = { name: 'a.txt', data: Buffer.concat([Buffer.from('a text'), ENTRY]), method: 0 }
/** Positions in the end record, from its end, and in a line of the directory. */
const COUNT_AT = -12
const SIZE_AT = -10
const START_AT = -6
const COMMENT_AT = -2
const OFFSET_AT = 42
const END_BYTES = 22

const withComment = (comment: Buffer): Buffer => {
  const zip = zipOf([TEXT])
  zip.writeUInt16LE(comment.length, zip.length + COMMENT_AT)
  return Buffer.concat([zip, comment])
}

/**
 * A text, and a line of the directory that finds a program in the data of the text. `evilFirst`:
 * this line is before the line of the text, and the end record points after it.
 */
const withTwoLines = (evilFirst: boolean): Buffer => {
  const zip = zipOf([HELD, { name: 'evil.exe', data: PE, method: 0, sameDataAs: 0 }])
  const from = zip.lastIndexOf(LINE, zip.lastIndexOf(LINE) - 1)
  const [text, evil] = [
    zip.subarray(from, zip.lastIndexOf(LINE)),
    zip.subarray(zip.lastIndexOf(LINE)),
  ]
  const line = Buffer.from(evil.subarray(0, -END_BYTES))
  const end = Buffer.from(evil.subarray(-END_BYTES))
  line.writeUInt32LE(zip.indexOf(ENTRY), OFFSET_AT)
  end.writeUInt16LE(1, END_BYTES + COUNT_AT)
  if (evilFirst) end.writeUInt32LE(from + line.length, END_BYTES + START_AT)
  const lines = evilFirst ? [line, text] : [text, line]
  return Buffer.concat([zip.subarray(0, from), ...lines, end])
}

describe('a zip that hides files from its directory', () => {
  const judged = createJudged()
  const hidden: Record<string, Buffer> = {
    'after the beginning of a line before the directory': zipOf([TEXT], {
      gap: Buffer.concat([LINE, PROGRAM]),
    }),
    'in the comment of the archive': withComment(PE),
    'in a script in the comment': withComment(Buffer.from('<script>alert(1)</script>')),
    'in a line that the number of entries does not count': withTwoLines(false),
    'in a line that only the size of the directory counts': withTwoLines(true),
    'by a size of the directory that is too small': (() => {
      const zip = zipOf([TEXT])
      zip.writeUInt32LE(zip.readUInt32LE(zip.length + SIZE_AT) - 1, zip.length + SIZE_AT)
      return zip
    })(),
  }
  for (const [where, zip] of Object.entries(hidden)) {
    it(`is refused: ${where}`, async () => {
      assert.equal(await judged('a.zip', zip), 'archive-refused')
    })
  }

  it('is refused: by two end records that contradict each other', async () => {
    const zip = zipOf([TEXT])
    const [count, size, start] = [1, zip.readUInt32LE(zip.length + SIZE_AT), zip.indexOf(LINE)]
    const larger = Buffer.alloc(56 + 20)
    larger.write('PK\x06\x06', 'latin1')
    larger.writeBigUInt64LE(44n, 4)
    larger.writeBigUInt64LE(BigInt(count), 32)
    larger.writeBigUInt64LE(BigInt(size), 40)
    larger.writeBigUInt64LE(BigInt(start), 48)
    larger.write('PK\x06\x07', 56, 'latin1')
    larger.writeBigUInt64LE(BigInt(zip.length - END_BYTES), 64)
    const end = Buffer.from(zip.subarray(zip.length - END_BYTES))
    const whole = [zip.subarray(0, zip.length - END_BYTES), larger, end]
    assert.equal(await judged('a.zip', Buffer.concat(whole)), null)
    end.writeUInt32LE(0xff_ff_ff_ff, END_BYTES + START_AT)
    assert.equal(await judged('a.zip', Buffer.concat(whole)), null)
    // The usual form: the end record refers to the larger record.
    end.fill(0xff, END_BYTES - 14, END_BYTES - 2)
    assert.equal(await judged('a.zip', Buffer.concat(whole)), null)
    end.writeUInt32LE(30, END_BYTES + START_AT)
    assert.equal(await judged('a.zip', Buffer.concat(whole)), 'archive-refused')
  })
})

describe('an entry of a zip', () => {
  const judged = createJudged()
  it('that is a link to another place is refused', async () => {
    const link = { name: 'a', data: '../../../etc/passwd', mode: 0o120777 }
    assert.equal(await judged('a.zip', zipOf([TEXT, link])), 'archive-refused')
    assert.equal(await judged('a.zip', zipOf([{ ...TEXT, mode: 0o100644 }])), null)
  })

  for (const name of ['a.exe::$DATA', 'a.exe:b', 'a.jnlp', 'a.msc', 'a.ocx', 'a.iqy']) {
    it(`that Windows runs is refused: ${name}`, async () => {
      assert.equal(await judged('a.zip', zipOf([{ name, data: 'x' }])), 'archive-refused')
    })
  }

  const page = '<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>'
  for (const name of ['a.xht', 'a.xml', 'a.xsl']) {
    it(`that a browser shows as a page is refused: ${name}`, async () => {
      assert.equal(await judged('a.zip', zipOf([{ name, data: page }])), 'archive-refused')
    })
  }
})
