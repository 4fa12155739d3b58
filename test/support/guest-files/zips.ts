import { crc32, deflateRawSync } from 'node:zlib'

/**
 * An entry of the archive. Members that are left out get their true values. The others make the
 * archive lie.
 */
export type ZipEntry = {
  name: string
  data: string | Buffer
  method?: number
  flags?: number
  /** The name in the header before the data, if it lies. */
  localName?: string
  /** A second name in an extra field, in the directory or in the header before the data. */
  secondName?: { text: string; in: 'directory' | 'header' }
  /** The size in the directory, if it lies. */
  unfoldedBytes?: number
  /** The entry points at the data of the entry with this number. */
  sameDataAs?: number
  /** The file mode of Unix. Default: none. */
  mode?: number
  /** The sizes are written after the data, as by programs that do not know them earlier. */
  streamed?: boolean
}

const FLAG_STREAMED = 0x08
const FLAG_UTF8 = 0x800

const u16 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, index * 2)
  return bytes
}
const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, index * 4)
  return bytes
}

/** Info-ZIP, "Unicode Path": version, checksum of the first name, second name. */
const secondNameOf = (first: Buffer, text: string): Buffer =>
  Buffer.concat([
    u16(0x7075, 5 + Buffer.byteLength(text)),
    Buffer.of(1),
    u32(crc32(first)),
    Buffer.from(text),
  ])

/** Writes a zip. `before` and `gap` are bytes that belong to no entry. */
export const zipOf = (
  entries: readonly ZipEntry[],
  {
    before = '',
    gap = '',
    comment = '',
  }: { before?: string | Buffer; gap?: string | Buffer; comment?: string } = {},
): Buffer => {
  const parts: Buffer[] = [Buffer.from(before)]
  const directory: Buffer[] = []
  const offsets: number[] = []
  let at = parts[0]!.length
  for (const entry of entries) {
    const { name, method = 8, localName = name, streamed = false } = entry
    const plain = Buffer.from(entry.data)
    const packed = method === 8 ? deflateRawSync(plain) : plain
    const flags = (entry.flags ?? 0) | FLAG_UTF8 | (streamed ? FLAG_STREAMED : 0)
    const sums = [crc32(plain), packed.length, entry.unfoldedBytes ?? plain.length]
    const nameBytes = Buffer.from(name)
    const localBytes = Buffer.from(localName)
    const second = entry.secondName
    const extra = second ? secondNameOf(nameBytes, second.text) : Buffer.alloc(0)
    const [inHeader, inDirectory] = ['header', 'directory'].map((place) =>
      second?.in === place ? extra : Buffer.alloc(0),
    ) as [Buffer, Buffer]
    const offset = entry.sameDataAs === undefined ? at : offsets[entry.sameDataAs]!
    offsets.push(offset)
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04', 'latin1'),
      u16(20, flags, method, 0, 33),
      u32(...(streamed ? [0, 0, 0] : sums)),
      u16(localBytes.length, inHeader.length),
      localBytes,
      inHeader,
      packed,
      streamed
        ? Buffer.concat([Buffer.from('PK\x07\x08', 'latin1'), u32(...sums)])
        : Buffer.alloc(0),
    ])
    if (entry.sameDataAs === undefined) {
      parts.push(local)
      at += local.length
    }
    directory.push(
      Buffer.concat([
        Buffer.from('PK\x01\x02', 'latin1'),
        u16(20, 20, flags, method, 0, 33),
        u32(...sums),
        u16(nameBytes.length, inDirectory.length, 0, 0, 0),
        u32(((entry.mode ?? 0) << 16) >>> 0, offset),
        nameBytes,
        inDirectory,
      ]),
    )
  }
  const tail = Buffer.concat(directory)
  const start = at + Buffer.byteLength(gap)
  return Buffer.concat([
    ...parts,
    Buffer.from(gap),
    tail,
    Buffer.from('PK\x05\x06', 'latin1'),
    u16(0, 0, entries.length, entries.length),
    u32(tail.length, start),
    u16(Buffer.byteLength(comment)),
    Buffer.from(comment),
  ])
}

const CONTENT_TYPES =
  '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'

export const docxOf = (more: readonly ZipEntry[] = []): Buffer =>
  zipOf([
    { name: '[Content_Types].xml', data: CONTENT_TYPES },
    { name: '_rels/.rels', data: '<Relationships/>' },
    { name: 'word/document.xml', data: '<w:document><w:body/></w:document>' },
    ...more,
  ])

export const xlsxOf = (more: readonly ZipEntry[] = []): Buffer =>
  zipOf([
    { name: '[Content_Types].xml', data: CONTENT_TYPES },
    { name: 'xl/workbook.xml', data: '<workbook/>' },
    {
      name: 'xl/worksheets/sheet1.xml',
      data: `<sheetData>${'<row><c><v>1</v></c></row>'.repeat(500)}</sheetData>`,
    },
    ...more,
  ])
