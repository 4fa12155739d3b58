import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateSync } from 'node:zlib'

import {
  gifOf,
  jpegOf,
  jpegSegment,
  pngChunk,
  pngOf,
  webpAnimated,
  webpExtended,
  webpLossless,
  webpLossy,
} from '../../support/guest-files/images.ts'
import { createJudged } from '../../support/guest-files/judged.ts'
import { pdfOf, pdfStream, pdfWithObjectStream } from '../../support/guest-files/pdfs.ts'
import { docxOf, xlsxOf, zipOf } from '../../support/guest-files/zips.ts'

const judged = createJudged()

const FILM = Buffer.concat([
  Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1'),
  Buffer.alloc(3000, 'moovPK\x03\x04MZ'),
])
const XMP =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description GCamera:MotionPhoto="1"/></rdf:RDF></x:xmpmeta>'
const INVOICE =
  '<?xml version="1.0" encoding="UTF-8"?><rsm:CrossIndustryInvoice xmlns:rsm="urn:un"/>'
const trailing = (file: Buffer, behind: Buffer | string): Buffer =>
  Buffer.concat([file, Buffer.from(behind)])
const embedded = pdfStream('/Type /EmbeddedFile /Subtype /text#2Fxml', INVOICE)
const invoiceCatalog = '/Names << /EmbeddedFiles << /Names [(factur-x.xml) 5 0 R] >> >> /AF [5 0 R]'
const filespec =
  '<< /Type /Filespec /F (factur-x.xml) /UF (factur-x.xml) /EF << /F 4 0 R /UF 4 0 R >> /AFRelationship /Alternative >>'
const link = (url: string): string =>
  `/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (${url}) >> >>]`

const GOOD: readonly (readonly [string, string, Buffer | string])[] = [
  [
    'a camera photo with Exif',
    'IMG_0001.JPG',
    jpegOf({ extra: [jpegSegment(0xe1, 'Exif\0\0II*\0')] }),
  ],
  ['a progressive photo', 'photo.jpeg', jpegOf({ frame: 0xc2, scans: 5 })],
  [
    'a photo with motion video behind its end',
    'PXL.jpg',
    trailing(jpegOf({ extra: [jpegSegment(0xe1, `http://ns.adobe.com/xap/1.0/\0${XMP}`)] }), FILM),
  ],
  [
    'a photo with a second picture (MPF)',
    'DSC.jpg',
    trailing(
      jpegOf({ extra: [jpegSegment(0xe2, 'MPF\0MM\0*')] }),
      jpegOf({ width: 1920, height: 1080 }),
    ),
  ],
  [
    'a photo with maker notes behind its end',
    'samsung.jpg',
    trailing(jpegOf(), 'Image_UTC_Data1700000000000SEFHe\0\0\0SEFT'),
  ],
  ['a photo with zeros behind its end', 'padded.jpg', trailing(jpegOf(), Buffer.alloc(4096))],
  [
    'a photo with bytes that fill between markers',
    'fill.jpg',
    jpegOf({ extra: [Buffer.from([0xff])] }),
  ],
  [
    'a photo with a comment',
    'comment.jpg',
    jpegOf({ extra: [jpegSegment(0xfe, 'CREATOR: gd-jpeg v1.0, quality = 82')] }),
  ],
  [
    'a photo with a colour profile',
    'icc.jpg',
    jpegOf({
      extra: [
        jpegSegment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01'), Buffer.alloc(560)])),
      ],
    }),
  ],
  ['a photo of 48 megapixels', 'big.jpg', jpegOf({ width: 8000, height: 6000 })],
  ['a photo of 100 megapixels', 'limit.jpg', jpegOf({ width: 10_000, height: 10_000 })],
  [
    'a photo with a thumbnail in its Exif',
    'thumb.jpg',
    jpegOf({ extra: [jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), jpegOf()]))] }),
  ],
  ['a screenshot', 'Screenshot_2026.png', pngOf({ width: 1080, height: 2400 })],
  [
    'a picture with a colour profile',
    'icc.png',
    pngOf({
      extra: [
        pngChunk('iCCP', Buffer.concat([Buffer.from('sRGB\0\0'), deflateSync(Buffer.alloc(3000))])),
      ],
    }),
  ],
  [
    'a picture with text and XMP',
    'meta.png',
    pngOf({
      extra: [
        pngChunk('tEXt', 'Software\0GIMP'),
        pngChunk('iTXt', `XML:com.adobe.xmp\0\0\0\0\0${XMP}`),
      ],
    }),
  ],
  [
    'an animated PNG',
    'anim.png',
    pngOf({ extra: [pngChunk('acTL', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]))] }),
  ],
  ['a picture with a line feed behind its end', 'newline.png', trailing(pngOf(), '\n')],
  [
    'a picture with data of the program behind its end',
    'fireworks.png',
    trailing(pngOf(), 'mkBF\0\0\0\0Adobe Fireworks CS6'),
  ],
  ['a GIF', 'one.gif', gifOf()],
  ['an animated GIF', 'loop.gif', gifOf({ width: 480, height: 270, frames: 200 })],
  [
    'a GIF with a comment',
    'comment.gif',
    gifOf({ extra: [Buffer.from('21fe0548656c6c6f00', 'hex')] }),
  ],
  [
    'a GIF that repeats',
    'netscape.gif',
    gifOf({ extra: [Buffer.from('21ff0b4e45545343415045322e300301000000', 'hex')] }),
  ],
  ['a WebP with loss', 'lossy.webp', webpLossy(1280, 720)],
  ['a WebP without loss', 'lossless.webp', webpLossless(800, 600)],
  ['a WebP with Exif', 'extended.webp', webpExtended(800, 600)],
  ['an animated WebP', 'sticker.webp', webpAnimated(512, 512, 30)],
  ['a WebP with zeros behind its end', 'tail.webp', trailing(webpLossy(), Buffer.alloc(8))],
  ['a PDF', 'letter.pdf', pdfOf()],
  ['a PDF as Office writes it', 'word.pdf', pdfWithObjectStream()],
  [
    'a PDF with content',
    'content.pdf',
    pdfOf({ page: '/Contents 4 0 R', objects: [pdfStream('', 'BT /F1 12 Tf (Hello) Tj ET')] }),
  ],
  ['a PDF with bytes after its end', 'scan.pdf', pdfOf({ after: `\n${'\0'.repeat(500)}` })],
  [
    'a PDF with a line of the scanner after its end',
    'ricoh.pdf',
    pdfOf({ after: '\r\n% made by a scanner\r\n' }),
  ],
  [
    'a PDF that was saved twice',
    'saved.pdf',
    trailing(
      pdfOf(),
      'xref\n0 0\ntrailer\n<< /Size 4 /Root 1 0 R /Prev 300 >>\nstartxref\n0\n%%EOF\n',
    ),
  ],
  ['a PDF that opens at a page', 'open.pdf', pdfOf({ catalog: '/OpenAction [3 0 R /Fit]' })],
  [
    'a PDF that opens at a page by an action',
    'goto.pdf',
    pdfOf({ catalog: '/OpenAction << /S /GoTo /D [3 0 R /XYZ 0 0 1] >>' }),
  ],
  [
    'a PDF with an XML invoice in it',
    'invoice.pdf',
    pdfOf({ catalog: invoiceCatalog, objects: [embedded, filespec] }),
  ],
  [
    'a PDF with a link to a page about JavaScript',
    'docs.pdf',
    pdfOf({ page: link('https://example.org/docs/Web/JavaScript') }),
  ],
  [
    'a PDF with a link, in an object stream',
    'docs2.pdf',
    pdfWithObjectStream({ page: link('https://example.org/a/Launch/JS') }),
  ],
  [
    'a PDF about /JavaScript by its title',
    'title.pdf',
    pdfOf({ objects: ['<< /Title (The action /JavaScript \\(and /JS\\) explained) >>'] }),
  ],
  [
    'a PDF with a form to fill in',
    'form.pdf',
    pdfOf({
      catalog: '/AcroForm << /Fields [4 0 R] >>',
      objects: ['<< /FT /Tx /T (name) /Subtype /Widget /Rect [0 0 9 9] >>'],
    }),
  ],
  [
    'a PDF with a named action',
    'named.pdf',
    pdfOf({ page: '/AA << /O << /S /Named /N /NextPage >> >>' }),
  ],
  [
    'a PDF with bookmarks',
    'outline.pdf',
    pdfOf({
      catalog: '/Outlines 4 0 R',
      objects: [
        '<< /First 5 0 R /Last 5 0 R /Count 1 >>',
        '<< /Title (One) /Parent 4 0 R /Dest [3 0 R /Fit] >>',
      ],
    }),
  ],
  [
    'a PDF with a signature',
    'signed.pdf',
    pdfOf({
      objects: [
        '<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /Contents <3082> /ByteRange [0 1 2 3] >>',
      ],
    }),
  ],
  [
    'a PDF/A with its metadata',
    'archive.pdf',
    pdfOf({
      catalog: '/Metadata 4 0 R',
      objects: [pdfStream('/Type /Metadata /Subtype /XML', XMP, false)],
    }),
  ],
  ['a PDF 2.0', 'two.pdf', pdfOf({ version: '2.0' })],
  ['plain text', 'notes.txt', 'Please call back.\n'],
  ['text of Windows', 'windows.txt', '\ufeffZeile eins\r\nZeile zwei\r\n'],
  ['text in many scripts', 'scripts.txt', 'Grüße · 你好 · שלום · مرحبا · 👩‍👩‍👧 · ﷺ\n'],
  ['a table in text', 'table.txt', 'name\tamount\nA\t12,5\f'],
  ['a log that quotes a page', 'server.txt', 'GET / 200\nbody was <script>alert(1)</script>\n'],
  ['an address list', 'list.txt', 'a;b;c\n1;2;3'],
  ['one letter', 'x.txt', 'x'],
  ['a zip with text', 'files.zip', zipOf([{ name: 'a.txt', data: 'hello' }])],
  ['a zip with a Word document', 'word.zip', zipOf([{ name: 'Brief.docx', data: docxOf() }])],
  ['a zip with an Excel workbook', 'excel.zip', zipOf([{ name: 'Liste.xlsx', data: xlsxOf() }])],
  [
    'a zip with both, and pictures',
    'all.zip',
    zipOf([
      { name: 'a/Brief.docx', data: docxOf() },
      { name: 'b/Liste.xlsx', data: xlsxOf() },
      { name: 'c.png', data: pngOf(), method: 0 },
      { name: 'd.jpg', data: jpegOf() },
    ]),
  ],
  [
    'a zip with a large presentation',
    'deck.zip',
    zipOf([
      {
        name: 'deck.pptx',
        data: docxOf(
          Array.from({ length: 300 }, (_, n) => ({
            name: `ppt/slides/slide${n}.xml`,
            data: `<p:sld n="${n}"/>`,
          })),
        ),
      },
    ]),
  ],
  ['a zip with a PDF', 'pdf.zip', zipOf([{ name: 'letter.pdf', data: pdfOf() }])],
  [
    'a zip with folders',
    'folders.zip',
    zipOf([
      { name: 'a/', data: '', method: 0 },
      { name: 'a/b.txt', data: 'b' },
    ]),
  ],
  [
    'a zip that was streamed',
    'streamed.zip',
    zipOf([
      { name: 'a.txt', data: 'hello', streamed: true },
      { name: 'b.txt', data: 'more', streamed: true },
    ]),
  ],
  [
    'a zip of a Mac',
    'mac.zip',
    zipOf([
      { name: 'Größe.txt', data: 'x' },
      { name: '__MACOSX/._Größe.txt', data: Buffer.from('0005160700020000', 'hex') },
      { name: '.DS_Store', data: Buffer.from('\0\0\0\x01Bud1', 'latin1') },
    ]),
  ],
  [
    'a zip with a comment',
    'comment.zip',
    zipOf([{ name: 'a.txt', data: 'a' }], { comment: 'made by hand' }),
  ],
  [
    'a zip with 100 entries',
    'hundred.zip',
    zipOf(Array.from({ length: 100 }, (_, n) => ({ name: `${n}.txt`, data: `${n}` }))),
  ],
  [
    'a zip with a regular text of 900 KB',
    'regular.zip',
    zipOf([{ name: 'zeros.txt', data: Buffer.alloc(900_000, '0') }]),
  ],
  [
    'a zip with an old Word document',
    'old.zip',
    zipOf([
      {
        name: 'old.doc',
        data: Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2000, 'text ')]),
      },
    ]),
  ],
  [
    'a zip with a page without scripts',
    'page.zip',
    zipOf([
      { name: 'page.csv', data: 'a,b' },
      { name: 'mail.eml', data: 'Subject: hi\n\nhello' },
    ]),
  ],
  ['a name with spaces, and signs that Genesys forbids', 'Foto 1 [final] #2.png', pngOf()],
  ['a name in another alphabet', 'фотография.png', pngOf()],
  ['a name with dots', 'example.com.2026.07.pdf', pdfOf()],
  ['a name about a program', 'Intro to Node.js.pdf', pdfOf()],
]

describe('good files', () => {
  it('are at least 60, as phones, scanners and office programs write them', () => {
    assert.ok(GOOD.length >= 60, `${GOOD.length}`)
  })
  for (const [what, name, content] of GOOD) {
    it(`${what} is let in`, async () => {
      assert.equal(await judged(name, content), null)
    })
  }
})
