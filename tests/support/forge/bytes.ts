export const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')
export const hexOf = (data: Uint8Array): string => Buffer.from(data).toString('hex')
export const hex = (text: string): Buffer => Buffer.from(text, 'hex')
export const uuidBytes = (uuid: string): Buffer => hex(uuid.replaceAll('-', ''))
export const twelve = (n: number): string => n.toString(16).padStart(12, '0')

export function u32(value: number): Buffer {
  const data = Buffer.alloc(4)
  data.writeUInt32BE(value)
  return data
}

export function u64(value: number | bigint): Buffer {
  const data = Buffer.alloc(8)
  data.writeBigUInt64BE(BigInt(value))
  return data
}

export function i64(value: number): Buffer {
  const data = Buffer.alloc(8)
  data.writeBigInt64BE(BigInt(value))
  return data
}
