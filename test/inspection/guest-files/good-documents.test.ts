import { describe } from 'node:test'

import { jpegOf, pngOf } from '../../support/guest-files/images.ts'
import { type Good, letInEach } from '../../support/guest-files/judged.ts'
import { pdfOf, pdfStream, pdfWithObjectStream } from '../../support/guest-files/pdfs.ts'
import { docxOf, xlsxOf, zipOf } from '../../support/guest-files/zips.ts'

/** An icon as Office stores it. */
const ICON =
  '<svg width="96" height="96" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" overflow="hidden"><defs></defs><g><path d="M48 8 88 88Z" fill="#FFF"/></g></svg>'

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

const GOOD: Good = [
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
  ...[
    'BMW',
    'PARENTS',
    'SQLite',
    'BLENDER',
    'DRACO',
    'MAC address',
    'FORM 1040',
    'solid wood',
    'CWS',
    '070707 is my code',
    '<anna@example.org>',
  ].map(
    (start) =>
      [`text that begins with ${start}`, 'note.txt', `${start}: please call back\n`] as const,
  ),
  ['a zip with text', 'files.zip', zipOf([{ name: 'a.txt', data: 'hello' }])],
  [
    'a zip with a name in an old character set, and again in Unicode',
    'umlauts.zip',
    zipOf([
      { name: 'Pr_fung.TXT', data: 'a', secondName: { text: 'Prüfung.txt', in: 'directory' } },
    ]),
  ],
  ['a zip with a Word document', 'word.zip', zipOf([{ name: 'Brief.docx', data: docxOf() }])],
  [
    'a zip with a Word document with an icon',
    'icon.zip',
    zipOf([{ name: 'Brief.docx', data: docxOf([{ name: 'word/media/image2.svg', data: ICON }]) }]),
  ],
  [
    'a zip with XML whose attributes begin like handlers',
    'xml.zip',
    zipOf([{ name: 'a.xml', data: '<contacts><contact online="yes" onset="2026"/></contacts>' }]),
  ],
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
]

describe('good documents, as scanners and office programs write them', () => {
  letInEach(GOOD, 35)
})
