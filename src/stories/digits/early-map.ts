/** @file Quick pictures of the space while the network is still being trained. */
import { take } from '../../dataset/index.ts'
import { embeddingMap } from '../../plots/index.ts'
import { project } from '../../projection/index.ts'
import type { EpochTools } from '../../train/index.ts'
import type { Run } from './run.ts'

/** The step of the first look, of so many: late enough to show groups, early enough to be seen within half a minute. */
export const firstLook = (steps: number): number => Math.min(300, Math.ceil(steps / 4))
/** Validation images on such a map, and iterations of t-SNE, where a whole map takes 5,000 and 1,000. */
const [most, iterations] = [1000, 300]

/**
 * Embeds validation images with the weights of the moment and begins to draw them; the last map replaces the figure, and nothing else depends on it.
 *
 * @returns the drawing, once it has begun: the training need not wait for it
 * Cost: about a quarter of a second of one processor
 */
export async function beginEarlyMap(run: Run, step: number, tools: Omit<EpochTools, 'best'>): Promise<{ drawn: Promise<void> }> {
  const { story, validation, seed, options } = run
  const some = take(validation, Math.min(most, validation.count))
  const embedded = await tools.embed(some)
  const draw = async (): Promise<void> => {
    const { positions } = await project(embedded, tools.dim, { seed, iterations, signal: options.signal })
    const title = `After ${step.toLocaleString('en')} steps: ${some.count.toLocaleString('en')} validation digits by likeness`
    story.addFigure('map', embeddingMap(positions, some.labels, some.classes, { title }))
    story.update({ earlyMap: { steps: step, points: some.count } })
  }
  return { drawn: draw() }
}
