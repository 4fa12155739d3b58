/**
 * The memory of a typed array as bytes, without a copy. The bytes are in the processor's order:
 * lowest byte first (x64 and ARM).
 */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
