import { zipOf } from './zips.ts'

export const PE = Buffer.alloc(600)
PE.write('MZ', 0, 'latin1')
PE.writeUInt32LE(0x80, 0x3c)
PE.write('PE\0\0', 0x80, 'latin1')
export const ELF = Buffer.concat([Buffer.from('7f454c46020101', 'hex'), Buffer.alloc(80)])
export const EICAR_ZIP = zipOf([{ name: 'eicar.txt', data: 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR' }])
export const behind = (file: Buffer, what: Buffer | string): Buffer =>
  Buffer.concat([file, Buffer.from(what)])
