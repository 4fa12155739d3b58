import { describe } from 'node:test'
import { deflateSync } from 'node:zlib'

import { type Hostile, refuseEach } from '../../support/guest-files/judged.ts'
import { behind, EICAR_ZIP, PE } from '../../support/guest-files/payloads.ts'
import { pdfOf, pdfStream, pdfWithObjectStream } from '../../support/guest-files/pdfs.ts'

const action = (text: string): Buffer => pdfOf({ catalog: `/OpenAction << ${text} >>` })
const inStream = (text: string): Buffer => pdfWithObjectStream({ more: [`<< ${text} >>`] })
/** An object stream inside the data of another stream, whose length includes it. */
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

/** Every node of the tree of pages contains the next one ten times. */
const BRANCHING = pdfOf({
  pages: `<< /Type /Pages /Kids [${'4 0 R '.repeat(10)}] /Count 1000000 >>`,
  objects: Array.from({ length: 5 }, (_, n) => {
    const next = n === 4 ? '3 0 R ' : `${n + 5} 0 R `
    return `<< /Type /Pages /Parent 2 0 R /Kids [${next.repeat(10)}] /Count ${10 ** (5 - n)} >>`
  }),
})

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
  [
    '5,001 pages',
    'a.pdf',
    pdfOf({ pages: `<< /Type /Pages /Kids [${'3 0 R '.repeat(5_001)}] /Count 5001 >>` }),
    'pdf-active-content',
  ],
  ['a million pages out of six branches', 'a.pdf', BRANCHING, 'pdf-active-content'],
  ['a cut PDF', 'a.pdf', pdfOf().subarray(0, 60), 'file-type-mismatch'],
  ['nothing but a header', 'a.pdf', '%PDF-1.7\n', 'file-type-mismatch'],
  [
    'filler by the name of a PDF',
    'a.pdf',
    `%PDF-1.7\n${deflateSync(Buffer.alloc(5_000)).toString('latin1')}`,
    'file-type-mismatch',
  ],
]

describe('hostile PDFs', () => {
  refuseEach({ pdfs: PDFS }, 25)
})
