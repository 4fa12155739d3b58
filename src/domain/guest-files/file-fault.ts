/**
 * Why a guest file is refused. Callers rely on these codes, which are also codes of problems
 * [contracts: 3].
 */
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
 * What is wrong with a file. `detail` names the rule that the file breaks. It never contains
 * anything of the file or its name.
 */
export type FileFault = { code: FileFaultCode; detail: string }

/** Makes a fault. The checks of a file return it and do not throw it. */
export const fileFault = (code: FileFaultCode, detail: string): FileFault => ({ code, detail })
