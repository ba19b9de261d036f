/** @file Where YuNet's weights come from: a file the user names, or the published one, fetched once. */
import { join } from 'node:path'
import { KindredError, sha256 } from '../base/index.ts'
import { defaultCacheFolder, download, readBytes, type DownloadOptions, type RemoteFile } from '../files/index.ts'

/** `face_detection_yunet_2023mar.onnx` of OpenCV's zoo (MIT). The first address is that of one commit; the files lie there by Git LFS. */
export const yunetFile: RemoteFile = {
  name: 'face_detection_yunet_2023mar.onnx',
  urls: [
    'https://github.com/opencv/opencv_zoo/raw/82b38c8f98e7b52aa171400f3e4c722352d0669f/models/face_detection_yunet/face_detection_yunet_2023mar.onnx',
    'https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/face_detection_yunet/face_detection_yunet_2023mar.onnx',
  ],
  sha256: '8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4',
  size: 232_589,
}

/** Settings of {@link yunetWeights}. */
export interface YunetWeightsOptions extends DownloadOptions {
  /** A file to use as it is, whatever its hash. Default: the published file. */
  readonly path?: string
  /** Where the published file is kept. Default: `yunet` in the cache folder. */
  readonly folder?: string
  /** Default {@link yunetFile}. */
  readonly file?: RemoteFile
}

/**
 * Reads YuNet's weights; fetches the published file, 0.2 MB, where it is not in the cache.
 *
 * @returns the bytes with their SHA-256, and what errors call them
 * @throws KindredError `not-found` for a named file that is not there; `io` where no server gives the published one, `corrupt` where all give another, both
 *   with what to do; `interrupted`
 */
export async function yunetWeights(options: YunetWeightsOptions = {}): Promise<{ bytes: Uint8Array; hash: string; what: string }> {
  const { path: given, folder = join(defaultCacheFolder(), 'yunet'), file = yunetFile, ...rest } = options
  const what = given ?? (await fetched(file, folder, rest))
  const bytes = readBytes(what, 'yunet')
  return { bytes, hash: sha256(bytes), what }
}

async function fetched(file: RemoteFile, folder: string, options: DownloadOptions): Promise<string> {
  try {
    return (await download([file], folder, { tries: 2, ...options }))[0]
  } catch (error) {
    if (!(error instanceof KindredError) || (error.code !== 'io' && error.code !== 'corrupt')) throw error
    throw new KindredError(
      error.code,
      'yunet',
      `its weights ${file.name} must be fetched once`,
      error.got,
      `Run it again with a network; or fetch ${file.urls[0]} by hand and pass it as \`detectorWeights\`; or take another \`detector\`: ssd needs no network.`,
      { cause: error, option: 'detectorWeights' },
    )
  }
}
