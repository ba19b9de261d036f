/**
 * @file A detector without networks, for tests in which finding faces is not the point:
 * one face in the middle of every photo whose first pixel is not black.
 */
import type { FaceDetector } from '../../src/faces/index.ts'

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
      run: async (_, n) =>
        Float32Array.from({ length: n * 136 }, (__, i) => 0.5 + 0.4 * (i % 2 === 0 ? Math.cos : Math.sin)(((i % 136) >> 1) * 1.7)),
      dispose: async () => {},
      [Symbol.asyncDispose]: async () => {},
    },
    dispose: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}
