/** @file onnxruntime-web in Node. */
import { availableParallelism } from 'node:os'
import type { WebModule } from '../web.ts'

/** The part of onnxruntime-web that Node needs, in the published package. */
const carried = '../../vendor/onnxruntime-web/ort.node.min.mjs'

/** Loads onnxruntime-web: the published package carries it, a source tree has it in node_modules. */
export async function loadWebModule(): Promise<WebModule> {
  try {
    return (await import(new URL(carried, import.meta.url).href)) as WebModule
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    return (await import('onnxruntime-web')) as unknown as WebModule
  }
}

/** All cores that the process may use. */
export const availableThreads = (): number => availableParallelism()
