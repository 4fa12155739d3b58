import { deflateSync } from 'node:zlib'

const CATALOG = (more = ''): string => `<< /Type /Catalog /Pages 2 0 R ${more} >>`
const PAGES = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>'
const PAGE = (more = ''): string =>
  `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] ${more} >>`

type PdfParts = {
  /** Entries that are added to the catalogue, and to the page. */
  catalog?: string
  page?: string
  /** Replaces the list of the one page, which is object 3. */
  pages?: string
  /** Objects from number 4 on. A Buffer is written unchanged. */
  objects?: readonly (string | Buffer)[]
  trailer?: string
  after?: string
  version?: string
}

const latin1 = (text: string | Buffer): Buffer =>
  typeof text === 'string' ? Buffer.from(text, 'latin1') : text

/** A PDF with a table of its objects, as programs have written them since 1993. */
export const pdfOf = ({
  catalog,
  page,
  pages = PAGES,
  objects = [],
  trailer = '',
  after = '\n',
  version = '1.4',
}: PdfParts = {}): Buffer => {
  const bodies = [CATALOG(catalog), pages, PAGE(page), ...objects].map(latin1)
  const pieces: Buffer[] = [latin1(`%PDF-${version}\n%\xe2\xe3\xcf\xd3\n`)]
  let at = pieces[0]!.length
  const places: number[] = []
  for (const [index, body] of bodies.entries()) {
    const piece = Buffer.concat([latin1(`${index + 1} 0 obj\n`), body, latin1('\nendobj\n')])
    places.push(at)
    pieces.push(piece)
    at += piece.length
  }
  const table = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('')
  pieces.push(
    latin1(
      `xref\n0 ${bodies.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${bodies.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${at}\n%%EOF${after}`,
    ),
  )
  return Buffer.concat(pieces)
}

export const pdfStream = (dictionary: string, data: string | Buffer, packed = true): Buffer => {
  const body = packed ? deflateSync(latin1(data)) : latin1(data)
  const filter = packed ? '/Filter /FlateDecode' : ''
  return Buffer.concat([
    latin1(`<< ${dictionary} ${filter} /Length ${body.length} >>\nstream\n`),
    body,
    latin1('\nendstream'),
  ])
}

/**
 * A PDF whose objects are in a stream, as Office and LaTeX have written them since PDF 1.5. `more`:
 * objects from number 4 on, in that stream.
 */
export const pdfWithObjectStream = ({
  catalog,
  page,
  more = [],
  dictionary = '/Type /ObjStm',
  spoil,
}: {
  catalog?: string
  page?: string
  more?: readonly string[]
  dictionary?: string
  spoil?: (stream: Buffer) => Buffer
} = {}): Buffer => {
  const inner = [CATALOG(catalog), PAGES, PAGE(page), ...more]
  let offset = 0
  const heads: string[] = []
  for (const [index, body] of inner.entries()) {
    heads.push(`${index + 1} ${offset}`)
    offset += body.length + 1
  }
  const head = `${heads.join(' ')} `
  const stream = pdfStream(
    `${dictionary} /N ${inner.length} /First ${head.length}`,
    head + inner.join(' '),
  )
  const number = inner.length + 1
  const start = latin1('%PDF-1.5\n%\xe2\xe3\xcf\xd3\n')
  const object = Buffer.concat([
    latin1(`${number} 0 obj\n`),
    spoil?.(stream) ?? stream,
    latin1('\nendobj\n'),
  ])
  const table = Buffer.alloc((number + 2) * 4)
  for (let index = 0; index < inner.length; index += 1) {
    table.writeUInt8(2, (index + 1) * 4)
    table.writeUInt16BE(number, (index + 1) * 4 + 1)
    table.writeUInt8(index, (index + 1) * 4 + 3)
  }
  table.writeUInt8(1, number * 4)
  table.writeUInt16BE(start.length, number * 4 + 1)
  const tableAt = start.length + object.length
  table.writeUInt8(1, (number + 1) * 4)
  table.writeUInt16BE(tableAt, (number + 1) * 4 + 1)
  const tableObject = Buffer.concat([
    latin1(`${number + 1} 0 obj\n`),
    pdfStream(`/Type /XRef /W [1 2 1] /Size ${number + 2} /Root 1 0 R`, table),
    latin1('\nendobj\n'),
  ])
  return Buffer.concat([start, object, tableObject, latin1(`startxref\n${tableAt}\n%%EOF\n`)])
}
