import { holdsScript, stands } from './hidden-file.ts'

const PAGE = /\.(?:html?|xht(?:ml)?|shtml|mht(?:ml)?|svg)$/iu
const SVG = /\.svg$/iu
/** A browser runs the scripts in XML too. The parts of an Office document are not opened alone. */
const XML = /\.(?:xml|xslt?)$/iu

/** In XML, an element may have a prefix of any name. */
const PREFIXED = /<[\w.-]{1,64}:(?:script|html|svg)[\s>/]/iu
/** An address or an attribute that runs a script when a browser shows the page. */
const HANDLED =
  /javascript:|[\s"'/]on(?:load|error|click|dblclick|mouse|pointer|focus|blur|key|touch|drag|animation|transition|begin|end|repeat|toggle|wheel|scroll|resize|input|change|submit|unload)[a-z]{0,12}\s*=/iu
/** What a picture in an SVG never needs: scripts, pages, links and entities. */
const MORE_THAN_A_PICTURE =
  /<(?:[\w.-]{1,64}:)?(?:script|html|iframe|foreignobject|a|object|embed|handler|listener)[\s>/]|<!(?:entity|doctype\s+html)|<\?php|<\?xml-stylesheet/iu

/**
 * Whether an entry of an archive is a page that may run a script. `inside`: the entry is a part of
 * a document, such as an Office document. Office stores each icon as an SVG too. There, an SVG is
 * harmless if it is only a picture. Anywhere else, a browser opens it, so each SVG counts.
 */
export const isScriptedPage = (name: string, content: Buffer, inside: boolean): boolean => {
  const isPage = PAGE.test(name)
  if (!isPage && (inside || !XML.test(name))) return false
  const text = withoutNuls(content)
  if (isPage && stands(HANDLED, text)) return true
  if (inside && SVG.test(name)) return stands(MORE_THAN_A_PICTURE, text)
  return holdsScript(text) || stands(PREFIXED, text)
}

/** In UTF-16, each other byte of a script is a NUL. A browser reads UTF-16 too. */
const withoutNuls = (content: Buffer): Buffer =>
  content.includes(0)
    ? Buffer.from(content.toString('latin1').replaceAll('\0', ''), 'latin1')
    : content
