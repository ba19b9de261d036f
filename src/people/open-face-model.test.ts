/** @file A recipe that names its model: what is wrong in it is told by its own name. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeRuntime } from '../runtime/index.ts'
import { openFaceModel } from './open-face-model.ts'

test.each<[string, RegExp]>([
  ['null', /recipe\.json: its content must be/],
  ['{', /recipe\.json: it must hold JSON/],
  [
    '{"size":8,"channels":"RGB","mean":0,"scale":1}',
    /recipe\.json: a recipe used as a model must name it in the field "file", got "nothing"/,
  ],
  ['{"file":7}', /must name it in the field "file", got 7/],
  ['{"file":"net.onnx","size":8,"channels":{"a":"BGR"},"mean":0,"scale":1}', /recipe\.json: channels must be one of RGB, BGR/],
  ['{"file":"net.onnx","size":8,"chanels":"RGB","mean":0,"scale":1}', /recipe\.json: .*Did you mean "channels"/],
  ['{"file":"net.onnx","size":8,"channels":"RGB","mean":0,"scale":1}', /net\.onnx must exist/],
])('%s', async (text, message) => {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-recipe-'))
  try {
    const path = join(folder, 'recipe.json')
    writeFileSync(path, text)
    await expect(openFaceModel(path, { runtime: await nodeRuntime({ threads: 1 }), detector: { id: 'test' } })).rejects.toThrow(
      expect.objectContaining({ message: expect.stringMatching(message) }),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
