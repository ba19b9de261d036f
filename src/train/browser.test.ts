/** @file What training says in a page, where there are no files. */
import { expect, test } from 'vitest'
import { writeFileAtomic } from './browser.ts'

test('saving into a file is refused with the way out', () => {
  expect(() => writeFileAtomic('model.onnx', new Uint8Array(1))).toThrow(
    expect.objectContaining({
      code: 'unsupported',
      message: expect.stringMatching(/there must be a file system, got a browser, for model\.onnx\. Take bytes\(\)/),
    }),
  )
})
