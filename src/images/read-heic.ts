/**
 * @file HEIC photos by libheif (with libde265, compiled to WebAssembly), an optional part, in a thread of its own.
 *
 * Decoding takes a second a photo and blocks its thread, and nobody can say how long the library takes for a file made to hold it up: so it runs beside
 * the event loop, one photo at a time, and a thread that does not answer within a minute is ended. Turns and mirrors that the file states (irot, imir)
 * are done by the library; EXIF orientation means the same once more, and is not looked at.
 */
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { budget, installCommand, KindredError, parts } from '../base/index.ts'
import { hasPart } from '../files/index.ts'
import { damaged, type OpenedPicture } from './own-format.ts'

let there = false

/** Whether HEIC photos can be decoded. What was found once is not looked for again. */
export const readsHeic = (): boolean => (there ||= hasPart('heic'))

/** What makes HEIC photos readable, as a sentence's end. */
export const heicNeeds = (): string =>
  `install the package ${Object.keys(parts.heic.packages)[0]} (${installCommand(['heic'])}), or save it as JPEG or PNG`

const patience = 60_000
/** Bytes of memory above which the library is started anew for the next photo: it gives none back. */
const most = 400_000_000

/** What the thread runs. Text, not a module of its own: it starts alike from the built package, from source and under a test runner. */
const program = `
const { parentPort, workerData: { library, binary } } = require('node:worker_threads')
const heif = require(library)({ wasmBinary: require('node:fs').readFileSync(binary) })
let context, handle
const letGo = () => {
  if (handle) heif.heif_image_handle_release(handle)
  if (context) heif.heif_context_free(context)
  context = handle = undefined
}
const check = (answer) => {
  const error = answer?.code === undefined ? undefined : answer
  if (error !== undefined && error.code !== heif.heif_error_code.heif_error_Ok) throw new Error(error.message)
  if (!answer) throw new Error('the library gives no reason')
  return answer
}
const profileOf = () => {
  const pointer = handle.$$?.ptr
  const size = pointer === undefined ? 0 : heif._heif_image_handle_get_raw_color_profile_size(pointer)
  if (size === 0 || size > 4e6) return undefined
  const room = heif._malloc(size), error = heif._malloc(16)
  heif._heif_image_handle_get_raw_color_profile(error, pointer, room)
  const profile = heif.HEAPU8.slice(room, room + size)
  heif._free(room)
  heif._free(error)
  return profile
}
const tasks = {
  open({ bytes }) {
    letGo()
    context = heif.heif_context_alloc()
    check(heif.heif_context_read_from_memory(context, bytes))
    handle = check(heif.heif_js_context_get_primary_image_handle(context))
    const alpha = heif.heif_image_handle_has_alpha_channel(handle) !== 0
    return { width: heif.heif_image_handle_get_width(handle), height: heif.heif_image_handle_get_height(handle), alpha }
  },
  async decode({ width, height, channels }) {
    const chroma = channels === 4 ? heif.heif_chroma.heif_chroma_interleaved_RGBA : heif.heif_chroma.heif_chroma_interleaved_RGB
    const decoded = check(await heif.heif_js_decode_image2(handle, heif.heif_colorspace.heif_colorspace_RGB, chroma))
    const plane = decoded.channels.find((c) => c.id === heif.heif_channel.heif_channel_interleaved)
    if (plane?.width !== width || plane.height !== height) throw new Error('the image has another size than the file states')
    const data = new Uint8Array(width * height * channels)
    for (let y = 0; y < height; y++) data.set(plane.data.subarray(y * plane.stride, y * plane.stride + width * channels), y * width * channels)
    heif.heif_image_release(decoded.image)
    const profile = profileOf()
    letGo()
    return { data, profile, heap: heif.HEAPU8.length }
  },
}
parentPort.on('message', async ({ task, given }) => {
  try {
    const value = await tasks[task](given)
    parentPort.postMessage({ value }, value.data === undefined ? [] : [value.data.buffer])
  } catch (error) {
    const crash = !(error instanceof Error) || error instanceof WebAssembly.RuntimeError || error instanceof RangeError
    parentPort.postMessage({ message: error?.message ?? String(error), crash })
  }
})
`

type Answer = { readonly value: never } | { readonly message: string; readonly crash: boolean }

let worker: Worker | undefined
/** One photo is open at a time. */
const turn = budget(() => 1)

function end(): void {
  void worker?.terminate()
  worker = undefined
}

function ask<T>(task: 'open' | 'decode', given: Record<string, unknown>, name: string): Promise<T> {
  if (worker === undefined) {
    const library = createRequire(import.meta.url).resolve('libheif-js/libheif-wasm/libheif.js')
    const workerData = { library, binary: library.replace(/\.js$/, '.wasm') }
    worker = new Worker(program, { eval: true, workerData, execArgv: [], stdout: true, stderr: true })
    worker.unref()
  }
  const current = worker
  return new Promise<T>((resolve, reject) => {
    const done = (error?: Error): void => {
      clearTimeout(timer)
      current.off('message', onMessage).off('error', onEnd).off('exit', onEnd)
      current.unref()
      if (error !== undefined) reject(error)
    }
    const onMessage = (answer: Answer): void => {
      if ('value' in answer) {
        done()
        return resolve(answer.value)
      }
      if (answer.crash) end()
      done(damaged(name, 'a HEIC photo must be one that libheif decodes', `"${answer.message.slice(0, 300)}"`))
    }
    const onEnd = (why: unknown): void => {
      end()
      const got = why instanceof Error ? `a crash ("${why.message.slice(0, 200)}")` : 'the end of its thread'
      done(damaged(name, 'a HEIC photo must be one that libheif decodes', got))
    }
    const timer = setTimeout(() => {
      end()
      done(
        new KindredError(
          'unsupported',
          'decode image',
          `${name} must be decoded within ${patience / 1000} seconds`,
          'more',
          'Save it as JPEG or PNG.',
        ),
      )
    }, patience)
    current.on('message', onMessage).on('error', onEnd).on('exit', onEnd)
    current.ref()
    current.postMessage({ task, given })
  })
}

/**
 * Opens a HEIC photo: its size is known, nothing is decoded. Waits while another is open.
 *
 * @param name what errors call the file
 * @throws KindredError `corrupt`; the caller has asked {@link readsHeic}
 * cost: 1 s and 12 bytes a pixel for 12 megapixels
 */
export async function openHeic(bytes: Uint8Array, name: string): Promise<OpenedPicture> {
  const leave = await turn.take(1)
  try {
    const { width, height, alpha } = await ask<{ width: number; height: number; alpha: boolean }>('open', { bytes }, name)
    if (!(width > 0 && height > 0)) throw damaged(name, 'a photo must have pixels', `${width} x ${height}`)
    const channels = alpha ? 4 : 3
    return {
      width,
      height,
      channels,
      work: 9,
      async pixels() {
        const { heap, ...decoded } = await ask<{ data: Uint8Array; profile?: Uint8Array; heap: number }>(
          'decode',
          { width, height, channels },
          name,
        )
        if (heap > most) end()
        return decoded
      },
      close: leave,
    }
  } catch (error) {
    leave()
    throw error
  }
}
