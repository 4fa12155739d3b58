import { describe } from 'node:test'
import { deflateSync } from 'node:zlib'

import {
  apngOf,
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
import { type Good, letInEach } from '../../support/guest-files/judged.ts'
import { pdfOf } from '../../support/guest-files/pdfs.ts'

const FILM = Buffer.concat([
  Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1'),
  Buffer.alloc(3000, 'moovPK\x03\x04MZ'),
])
const XMP =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description GCamera:MotionPhoto="1"/></rdf:RDF></x:xmpmeta>'
const trailing = (file: Buffer, behind: Buffer | string): Buffer =>
  Buffer.concat([file, Buffer.from(behind)])
const WITH_HEIGHT_BEHIND = jpegOf({ afterScans: [jpegSegment(0xdc, Buffer.from([0x01, 0xe0]))] })

const GOOD: Good = [
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
  [
    'a photo in whose pixels three signs of a script occur by chance',
    'chance.jpg',
    jpegOf({ extra: [jpegSegment(0xe1, 'Exif\0\0<%@\t\x8c')] }),
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
  ['a photo of 50 megapixels of a phone', '50mp.jpg', jpegOf({ width: 8160, height: 6144 })],
  [
    'a panorama of 96 megapixels',
    'PANO.jpg',
    jpegOf({ width: 24_000, height: 4_000, frame: 0xc2, scans: 8 }),
  ],
  [
    'a large photo with a second picture of its light (gain map)',
    'hdr.jpg',
    trailing(
      jpegOf({ width: 8160, height: 6144, extra: [jpegSegment(0xe2, 'MPF\0MM\0*')] }),
      jpegOf({ width: 4080, height: 3072 }),
    ),
  ],
  ['a photo whose height stands behind its pixels as well', 'dnl.jpg', WITH_HEIGHT_BEHIND],
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
  ['an animated PNG of 60 pictures', 'reaction.png', apngOf(512, 512, 60)],
  ['a GIF of a screen', 'screen.gif', gifOf({ width: 1920, height: 1080, frames: 150 })],
  ['a WebP of 64 megapixels', 'big.webp', webpLossy(9_248, 6_936)],
  ['an animated WebP of a screen', 'screen.webp', webpAnimated(1080, 1920, 100, [1080, 1920])],
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
  ['a name with spaces, and signs that Genesys forbids', 'Foto 1 [final] #2.png', pngOf()],
  ['a name in another alphabet', 'фотография.png', pngOf()],
  ['a name with dots', 'example.com.2026.07.pdf', pdfOf()],
  ['a name about a program', 'Intro to Node.js.pdf', pdfOf()],
]

describe('good pictures, as phones write them', () => {
  letInEach(GOOD, 35)
})
