/** @file One mutator for each kind of file. */
import { createHash } from 'node:crypto'
import type { Rng } from '../../../src/base/index.ts'
import { join, mutateBytes, oddFloats, oddIntegers, pick, putInteger, type Mutator } from './bytes.ts'
import { mutateAvif, mutateGif, mutateJpeg, mutateTiff, mutateWebp, pngMutator } from './image.ts'
import { mutateJson, mutateJsonLines } from './json.ts'
import { mutatePickle } from './pickle.ts'
import { mutateProtobuf } from './protobuf.ts'
import { mutateText } from './text.ts'
import { gzipMutator, zipMutator } from './zip.ts'

export { zipOf } from './zip.ts'

/** What a file is made of, as far as the mutations can use it. */
export type Kind =
  | 'bytes'
  | 'text'
  | 'json'
  | 'jsonl'
  | 'protobuf'
  | 'model.onnx'
  | 'pickle'
  | 'npy'
  | 'idx'
  | 'idx.gz'
  | 'png'
  | 'jpeg'
  | 'gif'
  | 'webp'
  | 'tiff'
  | 'avif'
  | 'zip'
  | 'torch.zip'
  | 'checkpoint'

/** A mutated file. */
export interface Mutated {
  readonly bytes: Uint8Array
  /** Its checksum was put right: other content than the seed's may rightly be read from it. */
  readonly resealed: boolean
}

/** Changes a file of a kind once. */
export function mutate(r: Rng, kind: Kind, bytes: Uint8Array, donor: Uint8Array): Mutated {
  let resealed = false
  const note = (is: boolean): void => {
    resealed ||= is
  }
  return { bytes: mutatorOf(kind, note)(r, bytes, donor), resealed }
}

function mutatorOf(kind: Kind, note: (resealed: boolean) => void): Mutator {
  switch (kind) {
    case 'text':
      return mutateText
    case 'json':
      return mutateJson
    case 'jsonl':
      return mutateJsonLines
    case 'protobuf':
      return mutateProtobuf
    case 'model.onnx':
      return sealedModelMutator(note)
    case 'pickle':
      return mutatePickle
    case 'npy':
      return mutateNpy
    case 'idx':
      return mutateIdx
    case 'idx.gz':
      return gzipMutator(mutateIdx, note)
    case 'png':
      return pngMutator(note)
    case 'jpeg':
      return mutateJpeg
    case 'gif':
      return mutateGif
    case 'webp':
      return mutateWebp
    case 'tiff':
      return mutateTiff
    case 'avif':
      return mutateAvif
    case 'zip':
      return zipMutator((name) => (name.endsWith('.png') ? pngMutator(note) : mutateBytes), note)
    case 'torch.zip':
      return zipMutator((name) => (name.endsWith('data.pkl') ? mutatePickle : mutateBytes), note)
    case 'checkpoint':
      return checkpointMutator(note)
    case 'bytes':
      return mutateBytes
  }
}

/** The header's text with its length put right, or the numbers. */
const mutateNpy: Mutator = (r, bytes, donor) => {
  const kind = r.integer(3)
  if (kind === 0 || bytes.length < 12) return mutateBytes(r, bytes, donor)
  const end = 10 + bytes[8] + 256 * bytes[9]
  if (kind === 1) return withFloat(r, bytes, end)
  const header = mutateText(r, bytes.subarray(10, end), donor)
  return join(bytes.subarray(0, 8), Uint8Array.of(header.length & 255, (header.length >> 8) & 255), header, bytes.subarray(end))
}

function withFloat(r: Rng, bytes: Uint8Array, from: number): Uint8Array {
  const copy = bytes.slice()
  const n = Math.floor((copy.length - from) / 4)
  if (n > 0) new DataView(copy.buffer).setFloat32(from + 4 * r.integer(n), pick(r, oddFloats), true)
  return copy
}

const mutateIdx: Mutator = (r, bytes, donor) => {
  if (r.integer(2) === 0) return mutateBytes(r, bytes, donor)
  const copy = bytes.slice()
  putInteger(copy, 4 * r.integer(4), 4, pick(r, oddIntegers), false)
  return copy
}

/** A model of kindred ends with a metadata entry that holds the SHA-256 of all before it: put right again, left out (as in older files), or left as it was. */
function sealedModelMutator(note: (resealed: boolean) => void): Mutator {
  const [key, size] = [Buffer.from('kindred.sha256'), 84]
  const entry = (hash: string): Uint8Array =>
    join(Uint8Array.of(0x72, size - 2, 0x0a, key.length), key, Uint8Array.of(0x12, 64), Buffer.from(hash))
  return (r, bytes, donor) => {
    const at = bytes.length - size
    const kind = r.integer(6)
    if (kind === 0 || at < 0 || !key.equals(bytes.subarray(at + 4, at + 4 + key.length))) return mutateProtobuf(r, bytes, donor)
    const body = mutateProtobuf(r, bytes.subarray(0, at), donor)
    note(true)
    return kind === 1 ? body : join(body, entry(createHash('sha256').update(body).digest('hex')))
  }
}

/** `KINDREDC`, version, length of the header, header (JSON), floats, SHA-256: the hash is put right again, mostly. */
function checkpointMutator(note: (resealed: boolean) => void): Mutator {
  return (r, bytes, donor) => {
    if (r.integer(3) === 0 || bytes.length < 64) return mutateBytes(r, bytes, donor)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const end = Math.min(bytes.length - 32, 16 + view.getUint32(12, true))
    const floats = bytes.subarray(end, bytes.length - 32)
    let body: Uint8Array
    const kind = r.integer(4)
    if (kind === 0) body = withFloat(r, bytes.subarray(0, bytes.length - 32), end)
    else if (kind === 1) body = mutateBytes(r, bytes.subarray(0, bytes.length - 32), donor)
    else {
      const header = mutateJson(r, bytes.subarray(16, end), donor)
      body = join(bytes.subarray(0, 16), header, floats)
      putInteger(body, 12, 4, BigInt(header.length), true)
    }
    note(true)
    return join(body, createHash('sha256').update(body).digest())
  }
}
