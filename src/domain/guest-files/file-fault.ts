/** Why a guest file is refused: codes of problems, which callers rely on [contracts: 3]. */
export const FILE_FAULT_CODES = [
  'file-too-large',
  'file-type-not-allowed',
  'file-empty',
  'file-type-mismatch',
  'file-name-invalid',
  'image-too-large',
  'archive-refused',
  'pdf-active-content',
  'text-invalid',
] as const

export type FileFaultCode = (typeof FILE_FAULT_CODES)[number]

/**
 * A fault of a file as a value. `detail` names rules, and never the content or the name of the
 * file.
 */
export type FileFault = { code: FileFaultCode; detail: string }

export const fileFault = (code: FileFaultCode, detail: string): FileFault => ({ code, detail })
