import { describe } from 'node:test'
import { gzipSync } from 'node:zlib'

import {
  apngOf,
  gifOf,
  jpegOf,
  jpegSegment,
  pngOf,
  webpAnimated,
  webpExtended,
  webpLossless,
  webpLossy,
} from '../../support/guest-files/images.ts'
import { type Hostile, refuseEach } from '../../support/guest-files/judged.ts'
import { behind, EICAR_ZIP, ELF, PE } from '../../support/guest-files/payloads.ts'
import { pdfOf } from '../../support/guest-files/pdfs.ts'

const NAMES: Hostile = [
  ['a program by its name', 'setup.exe', pngOf(), 'file-type-not-allowed'],
  ['a page', 'page.html', '<html></html>', 'file-type-not-allowed'],
  ['a drawing with scripts', 'logo.svg', '<svg/>', 'file-type-not-allowed'],
  ['no extension', 'README', 'text', 'file-type-not-allowed'],
  ['an extension of another alphabet', 'photo.рng', pngOf(), 'file-type-not-allowed'],
  ['a program before the extension', 'invoice.exe.pdf', pdfOf(), 'file-name-invalid'],
  ['a screen saver before the extension', 'photo.SCR.png', pngOf(), 'file-name-invalid'],
  [
    'a program hidden by a mark that turns the text',
    'invoice\u202egnp.exe',
    PE,
    'file-type-not-allowed',
  ],
  ['a program hidden by marks without width', 'photo.e\u200bxe.png', pngOf(), 'file-name-invalid'],
  ['NUL in the name', 'photo.exe\0.png', pngOf(), 'file-name-invalid'],
  ['NUL in percent', 'photo.exe%00.png', pngOf(), 'file-name-invalid'],
  ['a line break in the name', 'a\r\nX-Evil: 1.png', pngOf(), 'file-name-invalid'],
  ['a line break in percent', 'a%0d%0aX.png', pngOf(), 'file-name-invalid'],
  ['half a letter of two', 'a\ud800.png', pngOf(), 'file-name-invalid'],
  ['nothing but an extension', '.png', pngOf(), 'file-name-invalid'],
  ['nothing but marks without width', '\u200b\u200b.png', pngOf(), 'file-name-invalid'],
  ['nothing', '', pngOf(), 'file-name-invalid'],
]

const TYPES: Hostile = [
  ['a Windows program', 'photo.png', PE, 'file-type-mismatch'],
  ['a Linux program', 'photo.jpg', ELF, 'file-type-mismatch'],
  ['a Java class', 'photo.gif', Buffer.from('cafebabe00000034', 'hex'), 'file-type-mismatch'],
  ['a program as PDF', 'letter.pdf', PE, 'file-type-mismatch'],
  ['a program as zip', 'files.zip', PE, 'file-type-mismatch'],
  ['a shell script as PDF', 'letter.pdf', '#!/bin/sh\nrm -rf /', 'file-type-mismatch'],
  ['a PNG as JPEG', 'photo.jpg', pngOf(), 'file-type-mismatch'],
  ['a GIF as PNG', 'photo.png', gifOf(), 'file-type-mismatch'],
  ['a zip as PNG', 'photo.png', EICAR_ZIP, 'file-type-mismatch'],
  [
    'a RAR as zip',
    'files.zip',
    Buffer.from('526172211a0700cf907300000d00000000000000', 'hex'),
    'file-type-mismatch',
  ],
  ['a 7z as zip', 'files.zip', Buffer.from('377abcaf271c0004', 'hex'), 'file-type-mismatch'],
  ['a gzip as zip', 'files.zip', gzipSync('x'), 'file-type-mismatch'],
  [
    'an old Word document as PDF',
    'letter.pdf',
    Buffer.from('d0cf11e0a1b11ae1', 'hex'),
    'file-type-mismatch',
  ],
  ['a RTF document as text', 'letter.txt', '{\\rtf1\\ansi{\\object}}', 'file-type-mismatch'],
  ['a page as text', 'page.txt', '\n<!DOCTYPE html><html><script>1</script>', 'file-type-mismatch'],
  ['a drawing as text', 'page.txt', '<svg xmlns="x" onload="1">', 'file-type-mismatch'],
  [
    'a page with a comment first, as text',
    'page.txt',
    '<!-- a --><script>1</script>',
    'file-type-mismatch',
  ],
  [
    'a part of a page as text',
    'page.txt',
    '\ufeff <IMG src=x onerror=alert(1)>',
    'file-type-mismatch',
  ],
  ['a frame as text', 'page.txt', '<iframe src="x">', 'file-type-mismatch'],
  ['XML as text', 'page.txt', '<?xml version="1.0"?><svg/>', 'file-type-mismatch'],
  ['a script as text', 'run.txt', '#!/usr/bin/env python', 'file-type-mismatch'],
  ['a PDF as text', 'letter.txt', pdfOf(), 'file-type-mismatch'],
  ['a program as text', 'letter.txt', PE, 'file-type-mismatch'],
  ['text with NUL', 'a.txt', 'a\0b', 'text-invalid'],
  ['text with escapes of a terminal', 'a.txt', 'a\u001b[2Jb', 'text-invalid'],
  ['text that is not UTF-8', 'a.txt', Buffer.from('Gr\xfc\xdfe', 'latin1'), 'text-invalid'],
  ['text in UTF-16', 'a.txt', Buffer.from('\ufeffabc', 'utf16le'), 'text-invalid'],
  ['zero bytes', 'a.png', '', 'file-empty'],
  ['zero bytes of text', 'a.txt', '', 'file-empty'],
  ['more than 10 MiB', 'a.txt', Buffer.alloc(10_485_761, 'a'), 'file-too-large'],
]

/** The canvas has 16 by 16 pixels. */
const LARGE_ON_SMALL = Buffer.concat([
  gifOf({ frames: 0 }).subarray(0, -1),
  gifOf({ width: 11_000, height: 11_000 }).subarray(19),
])

const IMAGES: Hostile = [
  ['a cut PNG', 'a.png', pngOf().subarray(0, -8), 'file-type-mismatch'],
  ['a cut JPEG', 'a.jpg', jpegOf().subarray(0, -4), 'file-type-mismatch'],
  ['a cut GIF', 'a.gif', gifOf().subarray(0, -1), 'file-type-mismatch'],
  ['a cut WebP', 'a.webp', webpLossy().subarray(0, -2), 'file-type-mismatch'],
  [
    'a PNG of 50 by 50 with 6 bytes of pixels',
    'a.png',
    pngOf({ width: 50, height: 50, pixelBytes: 6 }),
    'file-type-mismatch',
  ],
  [
    'a PNG that lacks its last row',
    'a.png',
    pngOf({ width: 50, height: 50, pixelBytes: 51 * 49 }),
    'file-type-mismatch',
  ],
  ['a PNG with a wrong sum', 'a.png', Buffer.from(pngOf()).fill(1, 40, 44), 'file-type-mismatch'],
  [
    'nothing but the start of a PNG',
    'a.png',
    Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
    'file-type-mismatch',
  ],
  [
    'a PNG of 10 gigapixels',
    'a.png',
    pngOf({ width: 100_000, height: 100_000 }),
    'image-too-large',
  ],
  [
    'a JPEG of 108 megapixels',
    'a.jpg',
    jpegOf({ width: 12_000, height: 9_000 }),
    'image-too-large',
  ],
  [
    'a JPEG of 4 gigapixels with a small header behind the large one',
    'a.jpg',
    jpegOf({
      extra: [jpegSegment(0xc2, Buffer.from([8, 0xff, 0xdc, 0xff, 0xdc, 1, 1, 0x11, 0]))],
    }),
    'image-too-large',
  ],
  [
    'a JPEG that says behind its pixels how high it is',
    'a.jpg',
    jpegOf({
      width: 40_000,
      height: 8,
      afterScans: [jpegSegment(0xdc, Buffer.from([0xff, 0xdc]))],
    }),
    'image-too-large',
  ],
  ['a JPEG of no height', 'a.jpg', jpegOf({ height: 0 }), 'file-type-mismatch'],
  ['a PNG that holds 500 large pictures', 'a.png', apngOf(2_100, 2_100, 500), 'image-too-large'],
  ['a GIF of one large picture on a small canvas', 'a.gif', LARGE_ON_SMALL, 'image-too-large'],
  [
    'a WebP without loss of 268 megapixels',
    'a.webp',
    webpLossless(16_384, 16_384),
    'image-too-large',
  ],
  [
    'a WebP whose canvas has 400 megapixels',
    'a.webp',
    webpExtended(20_000, 20_000),
    'image-too-large',
  ],
  [
    'a WebP whose parts hold larger pictures than they say',
    'a.webp',
    webpAnimated(32, 32, 1, [16_384, 16_384]),
    'image-too-large',
  ],
  ['a JPEG of 4 gigapixels', 'a.jpg', jpegOf({ width: 65_500, height: 65_500 }), 'image-too-large'],
  ['a GIF of 4 gigapixels', 'a.gif', gifOf({ width: 65_000, height: 65_000 }), 'image-too-large'],
  [
    'a GIF of 1,000 large pictures',
    'a.gif',
    gifOf({ width: 2_000, height: 2_000, frames: 1_000 }),
    'image-too-large',
  ],
  ['a WebP of 268 megapixels', 'a.webp', webpLossy(16_383, 16_383), 'image-too-large'],
  ['a WebP of many large pictures', 'a.webp', webpAnimated(9_000, 9_000, 50), 'image-too-large'],
  [
    'a GIF that is a script',
    'a.gif',
    'GIF89a/*<script>alert(1)</script>*/=1;',
    'file-type-mismatch',
  ],
  ['a zip behind a PNG', 'a.png', behind(pngOf(), EICAR_ZIP), 'file-type-mismatch'],
  [
    'a zip behind a JPEG and its maker notes',
    'a.jpg',
    behind(jpegOf(), behind(Buffer.from('SEFT'), EICAR_ZIP)),
    'file-type-mismatch',
  ],
  [
    'a zip in the comment of a JPEG',
    'a.jpg',
    jpegOf({ extra: [jpegSegment(0xfe, EICAR_ZIP)] }),
    'file-type-mismatch',
  ],
  ['a RAR behind a GIF', 'a.gif', behind(gifOf(), 'Rar!\x1a\x07\x00'), 'file-type-mismatch'],
  ['a program behind a PNG', 'a.png', behind(pngOf(), PE), 'file-type-mismatch'],
  [
    'a program behind filler behind a JPEG',
    'a.jpg',
    behind(jpegOf(), behind(Buffer.alloc(5_000), PE)),
    'file-type-mismatch',
  ],
  ['a Linux program behind a WebP', 'a.webp', behind(webpLossy(), ELF), 'file-type-mismatch'],
  ['a PDF behind a JPEG', 'a.jpg', behind(jpegOf(), pdfOf()), 'file-type-mismatch'],
  [
    'a PDF in the comment of a JPEG',
    'a.jpg',
    jpegOf({ extra: [jpegSegment(0xfe, '%PDF-1.4')] }),
    'file-type-mismatch',
  ],
  [
    'a page of ASP behind a PNG',
    'photo.png',
    behind(pngOf(), '<%@ Page Language="C#" %>'),
    'file-type-mismatch',
  ],
  [
    'a script behind a PNG',
    'a.png',
    behind(pngOf(), '<script>alert(1)</script>'),
    'file-type-mismatch',
  ],
  [
    'PHP in the comment of a JPEG',
    'a.jpg',
    jpegOf({ extra: [jpegSegment(0xfe, '<?php system($_GET[0]); ?>')] }),
    'file-type-mismatch',
  ],
]

describe('hostile files', () => {
  refuseEach({ names: NAMES, types: TYPES, images: IMAGES }, 60)
})
