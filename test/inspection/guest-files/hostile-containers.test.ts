import { randomBytes } from 'node:crypto'
import { describe } from 'node:test'
import { deflateSync, gzipSync } from 'node:zlib'

import { type Hostile, refuseEach } from '../../support/guest-files/judged.ts'
import { behind, EICAR_ZIP, ELF, PE } from '../../support/guest-files/payloads.ts'
import { pdfOf, pdfStream, pdfWithObjectStream } from '../../support/guest-files/pdfs.ts'
import { docxOf, xlsxOf, zipOf } from '../../support/guest-files/zips.ts'

/** Repeats itself beyond the reach of a match now and then: unfolds to 30 times its size. */
const REGULAR = randomBytes(20_000)
const zipped = (name: string, data: string | Buffer): Buffer => zipOf([{ name, data }])
const action = (text: string): Buffer => pdfOf({ catalog: `/OpenAction << ${text} >>` })
const inStream = (text: string): Buffer => pdfWithObjectStream({ more: [`<< ${text} >>`] })
/** An object stream that lies in the data of another stream, whose length covers it. */
const nested = pdfOf({
  objects: [
    pdfStream(
      '',
      Buffer.concat([
        Buffer.from('9 0 obj\n'),
        pdfStream('/Type /ObjStm /N 1 /First 4', '1 0 << /S /JavaScript /JS (1) >>'),
        Buffer.from('\nendobj'),
      ]),
      false,
    ),
  ],
})
const withName = (name: string): Buffer =>
  pdfOf({
    catalog: `/Names << /EmbeddedFiles << /Names [(${name}) 5 0 R] >> >>`,
    objects: [
      pdfStream('/Type /EmbeddedFile', PE),
      '<< /Type /Filespec /F (a.xml) /EF << /F 4 0 R >> >>',
    ],
  })

const ARCHIVES: Hostile = [
  [
    '150 MB in 150 KB',
    'a.zip',
    zipOf([{ name: 'a.txt', data: Buffer.alloc(150_000_000) }]),
    'archive-refused',
  ],
  [
    '29 MB in entries that are small each',
    'a.zip',
    zipOf(
      Array.from({ length: 26 }, (_, n) => ({
        name: `${n}.txt`,
        data: Buffer.alloc(1_100_000, REGULAR),
      })),
    ),
    'archive-refused',
  ],
  [
    'a marker behind 30 MB of filler',
    'a.zip',
    zipOf([{ name: 'a.txt', data: behind(Buffer.alloc(30_000_000), 'X5O!P%@AP') }]),
    'archive-refused',
  ],
  [
    '5 MB in 5 KB',
    'a.zip',
    zipOf([{ name: 'a.txt', data: Buffer.alloc(5_000_000) }]),
    'archive-refused',
  ],
  [
    'a directory that says 10 bytes of 5 MB',
    'a.zip',
    zipOf([{ name: 'a.txt', data: Buffer.alloc(5_000_000), unfoldedBytes: 10 }]),
    'archive-refused',
  ],
  [
    'a directory that says 10 bytes of 20',
    'a.zip',
    zipOf([{ name: 'a.txt', data: Buffer.alloc(20), unfoldedBytes: 10 }]),
    'archive-refused',
  ],
  [
    '101 entries',
    'a.zip',
    zipOf(Array.from({ length: 101 }, (_, n) => ({ name: `${n}.txt`, data: '' }))),
    'archive-refused',
  ],
  ['no entry', 'a.zip', zipOf([]), 'archive-refused'],
  [
    'entries that overlap',
    'a.zip',
    zipOf([
      { name: 'a.txt', data: Buffer.alloc(9) },
      { name: 'a.txt', data: Buffer.alloc(9), sameDataAs: 0 },
    ]),
    'archive-refused',
  ],
  [
    'another name before the data',
    'a.zip',
    zipOf([{ name: 'a.txt', data: 'x', localName: 'a.exe' }]),
    'archive-refused',
  ],
  [
    'an entry that is in no directory',
    'a.zip',
    zipOf([{ name: 'a.txt', data: 'x' }], { gap: EICAR_ZIP.subarray(0, 80) }),
    'archive-refused',
  ],
  ['a cut archive', 'a.zip', zipped('a.txt', 'hello').subarray(0, -10), 'archive-refused'],
  ['a path that leads out', 'a.zip', zipped('../../etc/passwd.txt', 'x'), 'archive-refused'],
  ['a path that leads out, of Windows', 'a.zip', zipped('..\\..\\a.txt', 'x'), 'archive-refused'],
  ['an absolute path', 'a.zip', zipped('/etc/a.txt', 'x'), 'archive-refused'],
  ['a path with a drive', 'a.zip', zipped('C:/a.txt', 'x'), 'archive-refused'],
  ['NUL in the name of an entry', 'a.zip', zipped('a.txt\0.exe', 'x'), 'archive-refused'],
  [
    'an encrypted entry',
    'a.zip',
    zipOf([{ name: 'a.txt', data: 'x', flags: 1 }]),
    'archive-refused',
  ],
  [
    'an unknown compression',
    'a.zip',
    zipOf([{ name: 'a.txt', data: 'x', method: 12 }]),
    'archive-refused',
  ],
  ['a program', 'a.zip', zipped('setup.exe', PE), 'archive-refused'],
  ['a program by another name', 'a.zip', zipped('photo.jpg', PE), 'archive-refused'],
  ['a program with a dot at the end', 'a.zip', zipped('setup.exe. .', 'x'), 'archive-refused'],
  ['a Linux program', 'a.zip', zipped('tool', ELF), 'archive-refused'],
  ['a script', 'a.zip', zipped('run.js', '1'), 'archive-refused'],
  ['a script by its first line', 'a.zip', zipped('run', '#!/bin/sh'), 'archive-refused'],
  ['a shortcut', 'a.zip', zipped('letter.lnk', 'x'), 'archive-refused'],
  [
    'a page with a script',
    'a.zip',
    zipped('page.html', '<p><script>1</script>'),
    'archive-refused',
  ],
  ['EICAR zipped twice', 'a.zip', zipped('inner.zip', EICAR_ZIP), 'archive-refused'],
  ['a zip by another name', 'a.zip', zipped('inner.dat', EICAR_ZIP), 'archive-refused'],
  ['a RAR', 'a.zip', zipped('inner.rar', 'Rar!\x1a\x07\x00'), 'archive-refused'],
  ['a gzip by another name', 'a.zip', zipped('inner.txt', gzipSync('x')), 'archive-refused'],
  [
    'a zip in a document',
    'a.zip',
    zipped('a.docx', docxOf([{ name: 'word/embeddings/a.zip', data: EICAR_ZIP }])),
    'archive-refused',
  ],
  [
    'a bomb in a document',
    'a.zip',
    zipped('a.xlsx', xlsxOf([{ name: 'xl/a.xml', data: Buffer.alloc(30_000_000) }])),
    'archive-refused',
  ],
  [
    'macros',
    'a.zip',
    zipped('a.docx', docxOf([{ name: 'word/vbaProject.bin', data: 'x' }])),
    'archive-refused',
  ],
  [
    'macros of Excel 4',
    'a.zip',
    zipped('a.xlsx', xlsxOf([{ name: 'xl/macrosheets/sheet1.xml', data: 'x' }])),
    'archive-refused',
  ],
  [
    'macros in a part of another name',
    'a.zip',
    zipped(
      'a.docx',
      zipOf([
        {
          name: '[Content_Types].xml',
          data: '<Types><Override PartName="/word/x.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>',
        },
        { name: 'word/x.bin', data: 'x' },
      ]),
    ),
    'archive-refused',
  ],
  [
    'a list of parts in UTF-16 that names macros',
    'a.zip',
    zipOf([
      {
        name: '[Content_Types].xml',
        data: Buffer.from('\ufeff<Types ContentType="macroEnabled"/>', 'utf16le'),
      },
    ]),
    'archive-refused',
  ],
  ['a document that may have macros', 'a.zip', zipped('a.docm', docxOf()), 'archive-refused'],
  [
    'macros of an old document',
    'a.zip',
    zipped(
      'a.doc',
      Buffer.concat([
        Buffer.from('d0cf11e0a1b11ae1', 'hex'),
        Buffer.from('_VBA_PROJECT', 'utf16le'),
      ]),
    ),
    'archive-refused',
  ],
  [
    'a program in a document',
    'a.zip',
    zipped('a.docx', docxOf([{ name: 'word/media/a.png', data: PE }])),
    'archive-refused',
  ],
  [
    'a PDF with a script',
    'a.zip',
    zipped('a.pdf', action('/S /JavaScript /JS (1)')),
    'archive-refused',
  ],
]

const PDFS: Hostile = [
  [
    'a script at opening',
    'a.pdf',
    action('/S /JavaScript /JS (app.alert\\(1\\))'),
    'pdf-active-content',
  ],
  ['a script without spaces', 'a.pdf', action('/S/JavaScript/JS(1)'), 'pdf-active-content'],
  [
    'a script with codes in its name',
    'a.pdf',
    action('/S /J#61vaScript /J#53 (1)'),
    'pdf-active-content',
  ],
  [
    'a script with comments between',
    'a.pdf',
    action('/S %x\n /JavaScript /JS (1)'),
    'pdf-active-content',
  ],
  [
    'a script by a reference',
    'a.pdf',
    pdfOf({ catalog: '/OpenAction << /S 4 0 R /JS (1) >>', objects: ['/JavaScript'] }),
    'pdf-active-content',
  ],
  [
    'scripts by name',
    'a.pdf',
    pdfOf({ catalog: '/Names << /JavaScript << /Names [(a) 4 0 R] >> >>', objects: ['<< >>'] }),
    'pdf-active-content',
  ],
  [
    'a script in an object stream',
    'a.pdf',
    inStream('/S /JavaScript /JS (1)'),
    'pdf-active-content',
  ],
  [
    'a script in an object stream, with codes',
    'a.pdf',
    inStream('/S /#4aavaScript'),
    'pdf-active-content',
  ],
  [
    'a script in an object stream of no type',
    'a.pdf',
    pdfWithObjectStream({ dictionary: '', more: ['<< /S /JavaScript /JS (1) >>'] }),
    'pdf-active-content',
  ],
  ['a script in an object stream within a stream', 'a.pdf', nested, 'pdf-active-content'],
  [
    'an object stream packed in two ways',
    'a.pdf',
    pdfWithObjectStream({
      spoil: (stream) =>
        Buffer.from(
          stream
            .toString('latin1')
            .replace('/Filter /FlateDecode', '/Filter [/ASCIIHexDecode /FlateDecode]'),
          'latin1',
        ),
    }),
    'pdf-active-content',
  ],
  [
    'an object stream of 100 MB',
    'a.pdf',
    pdfOf({ objects: [pdfStream('/Type /ObjStm /N 1 /First 4', Buffer.alloc(100_000_000, ' '))] }),
    'pdf-active-content',
  ],
  ['a program that is started', 'a.pdf', action('/S /Launch /F (cmd.exe)'), 'pdf-active-content'],
  [
    'a form that is sent',
    'a.pdf',
    action('/S /SubmitForm /F (https://example.org)'),
    'pdf-active-content',
  ],
  ['data that is read', 'a.pdf', action('/S /ImportData /F (a.fdf)'), 'pdf-active-content'],
  [
    'another file that is opened',
    'a.pdf',
    action('/S /GoToR /F (\\\\\\\\example.org\\\\a.pdf) /D [0 /Fit]'),
    'pdf-active-content',
  ],
  [
    'an embedded file that is opened',
    'a.pdf',
    action('/S /GoToE /T << /R /C /N (a) >>'),
    'pdf-active-content',
  ],
  [
    'an action of a page',
    'a.pdf',
    pdfOf({ page: '/AA << /O << /S /JavaScript /JS (1) >> >>' }),
    'pdf-active-content',
  ],
  [
    'an action of a field',
    'a.pdf',
    pdfOf({ objects: ['<< /FT /Btn /A << /S /Launch /Win << /F (a) >> >> >>'] }),
    'pdf-active-content',
  ],
  [
    'an XFA form',
    'a.pdf',
    pdfOf({ catalog: '/AcroForm << /XFA 4 0 R >>', objects: [pdfStream('', '<xdp/>')] }),
    'pdf-active-content',
  ],
  ['a program in it', 'a.pdf', withName('setup.exe'), 'pdf-active-content'],
  [
    'a program in it under the name of XML',
    'a.pdf',
    withName('factur-x.xml'),
    'pdf-active-content',
  ],
  [
    'encrypted object streams',
    'a.pdf',
    behind(pdfWithObjectStream(), 'trailer << /Encrypt 9 0 R >>'),
    'pdf-active-content',
  ],
  ['a zip behind its end', 'a.pdf', behind(pdfOf(), EICAR_ZIP), 'file-type-mismatch'],
  ['a program behind its end', 'a.pdf', behind(pdfOf(), PE), 'file-type-mismatch'],
  [
    'a page behind its end',
    'a.pdf',
    behind(pdfOf(), '<html><script>1</script>'),
    'file-type-mismatch',
  ],
  ['a cut PDF', 'a.pdf', pdfOf().subarray(0, 60), 'file-type-mismatch'],
  ['nothing but a header', 'a.pdf', '%PDF-1.7\n', 'file-type-mismatch'],
  [
    'filler by the name of a PDF',
    'a.pdf',
    `%PDF-1.7\n${deflateSync(Buffer.alloc(5_000)).toString('latin1')}`,
    'file-type-mismatch',
  ],
]

describe('hostile archives and documents', () => {
  refuseEach({ archives: ARCHIVES, pdfs: PDFS }, 60)
})
