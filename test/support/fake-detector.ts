/**
 * @file A detector without networks, for tests in which finding faces is not the point:
 * one face in the middle of every photo whose first pixel is not black.
 */
import type { FaceDetector } from '../../src/faces/index.ts'
import { meanFaceX, meanFaceY } from '../../src/faces/template.ts'

/** The mean face in the middle of the square: whoever judges landmarks finds nothing to doubt. */
const face = Array.from({ length: 136 }, (_, i) => {
  const [point, mean] = [i >> 1, i % 2 === 0 ? meanFaceX : meanFaceY]
  return 0.2 + 0.6 * (point < 17 ? point / 16 : mean[point - 17])
})

/** @param seen called with the number of photos of each run */
export function fakeDetector(seen: (photos: number) => void = () => {}): FaceDetector {
  return {
    name: 'ssd',
    id: 'ssd:fake+landmarks68:fake',
    finder: {
      hash: 'fake',
      find: async (photos) => {
        seen(photos.length)
        return photos.map(({ pixels, width, height }) =>
          pixels[0] === 0 ? [] : [{ box: { x: width / 4, y: height / 4, width: width / 2, height: height / 2 }, score: 0.9 }],
        )
      },
      dispose: async () => {},
    },
    landmarks: {
      concurrency: 1,
      size: 8,
      run: async (_, n) => Float32Array.from({ length: n * 136 }, (__, i) => face[i % 136]),
      dispose: async () => {},
      [Symbol.asyncDispose]: async () => {},
    },
    dispose: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}
