import { randomBytes } from 'node:crypto'
import { describe } from 'node:test'
import { gzipSync } from 'node:zlib'

import { type Hostile, refuseEach } from '../../support/guest-files/judged.ts'
import { behind, EICAR_ZIP, ELF, PE } from '../../support/guest-files/payloads.ts'
import { pdfOf } from '../../support/guest-files/pdfs.ts'
import { docxOf, xlsxOf, zipOf } from '../../support/guest-files/zips.ts'

/** A file that repeats these bytes unpacks to only 30 times its size. */
const REGULAR = randomBytes(20_000)
const zipped = (name: string, data: string | Buffer): Buffer => zipOf([{ name, data }])

const SCRIPTED_PAGES = [
  ['a.html', '<html><script>1</script></html>'],
  ['a.html', '<img src=x onerror=alert(1)>'],
  ['a.html', '<a href="javascript:alert(1)">a</a>'],
  ['a.svg', '<svg><script>1</script></svg>'],
  ['a.svg', '<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:script>1</s:script></s:svg>'],
  ['a.svg', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
  ['a.xml', '<x xmlns:h="http://www.w3.org/1999/xhtml"><h:script>1</h:script></x>'],
] as const

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
  ...(['directory', 'header'] as const).flatMap((place): Hostile[number][] => [
    [
      `a script that a second name in the ${place} calls a text`,
      'a.zip',
      zipOf([{ name: 'a.bat', data: 'calc', secondName: { text: 'a.txt', in: place } }]),
      'archive-refused',
    ],
    [
      `a text that a second name in the ${place} calls a script`,
      'a.zip',
      zipOf([{ name: 'a.txt', data: 'calc', secondName: { text: 'a.bat', in: place } }]),
      'archive-refused',
    ],
  ]),
  [
    'a page with a script that a second name calls a text',
    'a.zip',
    zipOf([
      {
        name: 'a.svg',
        data: '<svg><script>x()</script></svg>',
        secondName: { text: 'a.txt', in: 'directory' },
      },
    ]),
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
  ...SCRIPTED_PAGES.map(([name, text]): Hostile[number] => [
    `a script in ${name}: ${text.slice(0, 40)}`,
    'a.zip',
    zipped(name, text),
    'archive-refused',
  ]),
  ...SCRIPTED_PAGES.map(([name, text]): Hostile[number] => [
    `a script in UTF-16 in ${name}: ${text.slice(0, 40)}`,
    'a.zip',
    zipped(name, Buffer.from(`\ufeff${text}`, 'utf16le')),
    'archive-refused',
  ]),
  ...SCRIPTED_PAGES.filter(([name]) => name === 'a.svg').map(([, text]): Hostile[number] => [
    `a script in an SVG of a document: ${text.slice(0, 40)}`,
    'a.zip',
    zipped('a.docx', docxOf([{ name: 'word/media/a.svg', data: text }])),
    'archive-refused',
  ]),
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
    zipped('a.pdf', pdfOf({ catalog: '/OpenAction << /S /JavaScript /JS (1) >>' })),
    'archive-refused',
  ],
]

describe('hostile archives', () => {
  refuseEach({ archives: ARCHIVES }, 40)
})
