/**
 * @file A story on a small budget, by its name. As a program, it is killed when its first network is to be loaded: `run-story.ts NAME IMAGES OUT`.
 */
import { pathToFileURL } from 'node:url'
import type { ReportState } from '../../src/report/index.ts'
import { nodeRuntime, type Runtime } from '../../src/runtime/index.ts'
import { compare, digits, faces, marginSweep } from '../../src/stories/index.ts'

/** What each story has in common. */
export interface StoryOptions {
  readonly out: string
  readonly runtime: Runtime
  readonly signal?: AbortSignal
  readonly progress?: { log(message: string): void; warn(message: string): void; start(): { update(): void; end(): void } }
}

/** Each story; `images` is a folder of MNIST's files or of photos. */
export const stories = {
  digits: (images: string, options: StoryOptions): Promise<ReportState> =>
    digits({ ...options, data: { from: images }, epochs: 1, steps: 2, sweepSteps: 0, outliers: false }),
  sweep: (images: string, options: StoryOptions): Promise<unknown> =>
    marginSweep({ ...options, data: { from: images }, margins: [0, 0.4], steps: 4, seeds: 1 }),
  faces: (images: string, options: StoryOptions): Promise<ReportState> => faces(images, { ...options, detector: 'tiny', model: 'pixels' }),
  compare: (images: string, options: StoryOptions): Promise<ReportState> =>
    compare(images, { ...options, detector: 'tiny', models: ['pixels', 'dlib'] }),
}

/** A name of a story. */
export type StoryName = keyof typeof stories

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [name, images, out] = process.argv.slice(2) as [StoryName, string, string]
  const real = await nodeRuntime({ threads: 1 })
  const load = (): never => process.kill(process.pid, 'SIGKILL') as never
  await stories[name](images, { out, runtime: { ...real, load } })
}
