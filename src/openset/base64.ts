/** @file Typed arrays as base64 text (little-endian bytes), in Node and browsers alike. */

/** The bytes of a typed array as base64. Cost: O(bytes) */
export function toBase64(array: Float32Array | Float64Array | Int32Array): string {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  const parts: string[] = []
  for (let i = 0; i < bytes.length; i += 0x6000) parts.push(btoa(String.fromCharCode(...bytes.subarray(i, i + 0x6000))))
  return parts.join('')
}

/** The bytes that {@link toBase64} wrote. Cost: O(bytes) */
export function fromBase64(text: string): ArrayBuffer {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes.buffer
}
