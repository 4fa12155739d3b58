const hex = (text: string, ...more: (string | number)[]): Buffer =>
  Buffer.concat([
    Buffer.from(text.replaceAll(' ', ''), 'hex'),
    ...more.map((part) => (typeof part === 'number' ? Buffer.alloc(part) : Buffer.from(part))),
  ])
const text = (start: string, filler = 64): Buffer =>
  Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(filler)])
/** The box of an MPEG-4 file that names its kind. */
const ftyp = (brand: string): Buffer =>
  Buffer.concat([
    hex('00000018'),
    Buffer.from(`ftyp${brand}\0\0\0\0${brand}isom`),
    Buffer.alloc(64),
  ])
const at = (offset: number, start: string): Buffer =>
  Buffer.concat([Buffer.alloc(offset), Buffer.from(start, 'latin1'), Buffer.alloc(512)])
const riff = (kind: string): Buffer =>
  Buffer.concat([Buffer.from('RIFF'), hex('40000000'), Buffer.from(kind), Buffer.alloc(64)])

/**
 * The beginnings of files of types that are not accepted. They are the types for which file-type
 * has files in its own tests, written here as far as matters. The name is what the library calls
 * the type. null: the library does not know it.
 */
export const TYPE_STARTS: readonly (readonly [string, string | null, Buffer])[] = [
  ['a Windows program', 'exe', text('MZ', 600)],
  ['a Linux program', 'elf', hex('7f454c46020101', 80)],
  ['a Mac program', 'macho', hex('cffaedfe07000001', 64)],
  ['a Mac program of two processors', 'macho', hex('cafebabe00000002 01000007', 64)],
  ['a Java class', 'class', hex('cafebabe00000034', 64)],
  ['WebAssembly', 'wasm', hex('0061736d01000000', 16)],
  ['a program of Flash', 'swf', text('FWS\x05')],
  ['a packed program of Flash', 'swf', text('CWS\x05')],
  ['a shortcut of Windows', 'lnk', hex('4c0000000114020000000000c000000000000046', 64)],
  ['an alias of a Mac', 'alias', hex('626f6f6b000000006d61726b00000000', 64)],
  ['an extension of Chrome', 'crx', text('Cr24')],
  ['help of Windows', 'chm', text('ITSF')],
  ['a package of Debian', 'deb', text('!<arch>\ndebian-binary   ')],
  ['a library of objects', 'ar', text('!<arch>\nother.o/        ')],
  ['a package of Red Hat', 'rpm', hex('edabeedb', 64)],
  ['a disk of a CD', 'iso', at(0x8001, 'CD001')],
  ['a RAR', 'rar', hex('526172211a0700cf', 64)],
  ['a RAR 5', 'rar', hex('526172211a070100', 64)],
  ['a 7z', '7z', hex('377abcaf271c0004', 64)],
  ['a gzip', 'gz', hex('1f8b0800000000000003', 64)],
  ['a bzip2', 'bz2', text('BZh91AY&SY')],
  ['an xz', 'xz', hex('fd377a585a000004', 64)],
  ['a Zstandard', 'zst', hex('28b52ffd2400', 64)],
  ['an LZ4', 'lz4', hex('04224d18', 64)],
  ['an lzip', 'lz', text('LZIP')],
  ['a compress', 'Z', hex('1f9d90', 64)],
  ['an LZH', 'lzh', text('\x20\x20-lh5-')],
  ['an ACE', 'ace', at(7, '**ACE**')],
  ['an ARJ', 'arj', hex('60ea2c00', 64)],
  ['a cabinet', 'cab', text('MSCF\0\0\0\0')],
  ['a cpio', 'cpio', text('070707')],
  ['an old Office document', 'cfb', hex('d0cf11e0a1b11ae1', 600)],
  ['an RTF document', 'rtf', text('{\\rtf1\\ansi}', 0)],
  ['PostScript', 'ps', text('%!PS-Adobe-3.0\n')],
  ['encapsulated PostScript', 'eps', text('%!PS-Adobe-3.0 EPSF-3.0\n')],
  ['a mailbox of Outlook', 'pst', text('!BDN')],
  ['a database of SQLite', 'sqlite', text('SQLite format 3\0')],
  ['recorded network traffic', 'pcap', hex('d4c3b2a1020004', 64)],
  ['a book of Kindle', 'mobi', at(60, 'BOOKMOBI')],
  ['a message that is encrypted', 'pgp', text('-----BEGIN PGP MESSAGE-----\n')],
  ['a bitmap', 'bmp', text('BM')],
  ['a TIFF', 'tif', hex('49492a0008000000', 200)],
  ['an icon', 'ico', hex('00000100010010', 64)],
  ['a pointer', 'cur', hex('00000200010010', 64)],
  ['a picture of Photoshop', 'psd', text('8BPS\0\x01')],
  ['a HEIC of an iPhone', 'heic', ftyp('heic')],
  ['an AVIF', 'avif', ftyp('avif')],
  ['a JPEG XL', 'jxl', hex('0000000c4a584c200d0a870a', 64)],
  ['a JPEG XR', 'jxr', hex('4949bc01', 64)],
  ['a JPEG 2000', 'jp2', hex('0000000c6a5020200d0a870a 00000014667479706a703220', 64)],
  ['a FLIF', 'flif', text('FLIF')],
  ['a BPG', 'bpg', hex('425047fb', 64)],
  ['a picture of GIMP', 'xcf', text('gimp xcf ')],
  ['a raw photo of Fujifilm', 'raf', text('FUJIFILMCCD-RAW ')],
  ['a film', 'mp4', ftyp('isom')],
  ['a film of an iPhone', 'mov', ftyp('qt  ')],
  [
    'a film of Matroska',
    'mkv',
    hex('1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b61', 64),
  ],
  ['an AVI', 'avi', riff('AVI ')],
  ['a film of Flash', 'flv', text('FLV\x01')],
  ['sound in WAVE', 'wav', riff('WAVE')],
  ['sound in FLAC', 'flac', text('fLaC')],
  ['sound in AIFF', 'aif', text('FORM\0\0\0\0')],
  ['sound of a phone', 'amr', text('#!AMR\n')],
  ['notes of MIDI', 'mid', text('MThd\0\0\0\x06')],
  ['a font', 'ttf', hex('0001000000', 64)],
  ['a font of the web', 'woff2', hex('774f4632 00010000', 64)],
  ['a page', null, text('<!DOCTYPE html><html><body></body></html>', 0)],
  ['a drawing with a script', 'xml', text('<?xml version="1.0"?><svg onload="1"/>', 0)],
  ['XML', 'xml', text('<?xml version="1.0"?><a/>', 0)],
  ['XML in UTF-16', 'xml', Buffer.from('\ufeff<?xml version="1.0"?><a/>', 'utf16le')],
  ['a script', null, text('#!/bin/sh\nrm -rf /\n', 0)],
  ['PHP', null, text('<?php system($_GET[0]);', 0)],
]
