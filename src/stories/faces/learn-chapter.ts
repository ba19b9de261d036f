/** @file The chapter in which a space is learnt on the folder's own people, or the one learnt earlier is used again. */
import { counted, KindredError } from '../../base/index.ts'
import type { FaceModel } from '../../faces/index.ts'
import { faceMaps, lossCurve } from '../../plots/index.ts'
import { describeRecipe } from '../../recipe/index.ts'
import { inLearnedSpace, learnedOnGone, learnFolder, some, thumbnails, type EmbeddedFaces, type LearnedFolder } from '../../people/index.ts'
import { mapFaces } from './map-faces.ts'
import type { FacesRun } from './run.ts'

/** Faces on the two maps at most. */
const mostDrawn = 600
/** Steps that make a point of the curve. */
const stepsAPoint = 10

/**
 * Learns, where asked to, and draws what came of it.
 *
 * @param found the faces in the model's own space
 * @returns the faces in the space that is used from now on
 */
export async function learnSpace(run: FacesRun, found: EmbeddedFaces, model: FaceModel): Promise<EmbeddedFaces> {
  const { story, options, dir, seed, lock, progress } = run
  const { out, runtime, signal, learn = false } = options
  if (!learn) {
    const earlier = inLearnedSpace(out, found, lock)
    if (earlier === undefined) return found
    story.update({ learned: { earlier: describeRecipe(earlier.recipe) } })
    const gone = learnedOnGone(out, found.records)
    if (gone > 0)
      story.warn(
        `The learnt space keeps what it learned from ${counted(gone, 'photo')} no longer in the folder: learn again with \`learn\`, or delete ` +
          `head.onnx and head.json.`,
      )
    return earlier
  }
  return story.stage('Learned', 'learning on these people', async () => {
    let result: LearnedFolder
    try {
      result = await learnFolder(found, { out, dir, model, seed, runtime, lock, progress, signal })
    } catch (error) {
      if (!(error instanceof KindredError) || error.code !== 'usage') throw error
      story.update({ learned: { refused: `${error.expected}; here: ${error.got}. ${error.fix ?? ''}`.trim() } })
      return found
    }
    const { learned, found: moved } = result
    const { better, verdict, people, photos, copies, judged, curve } = learned
    story.update({
      learned: {
        taken: better,
        verdict,
        people,
        photos,
        copies,
        judged,
        threshold: result.threshold,
        recipe: moved && describeRecipe(moved.recipe),
      },
    })
    story.addFigure('learning', curveOf(curve))
    if (moved !== undefined) story.addFigure('learned', await bothMaps(run, found, moved, result))
    return moved ?? found
  })
}

function curveOf(curve: LearnedFolder['learned']['curve']): string {
  const points = Array.from({ length: Math.floor(curve.length / stepsAPoint) }, (_, k) => {
    const part = curve.slice(k * stepsAPoint, (k + 1) * stepsAPoint)
    const mean = (of: (step: (typeof part)[number]) => number): number => part.reduce((s, p) => s + of(p), 0) / part.length
    return {
      epoch: k + 1,
      trainLoss: mean((p) => p.loss),
      validationLoss: null,
      activeTriplets: mean((p) => p.active),
      knnAccuracy: null,
    }
  })
  const [first, last] = [points[0], points.at(-1)!]
  return lossCurve(points, {
    title: `The loss went from ${first.trainLoss.toFixed(3)} to ${last.trainLoss.toFixed(3)} in ${curve.length} steps`,
    subtitle: `An epoch here is ${stepsAPoint} batches.`,
    bestEpoch: last.epoch,
  })
}

async function bothMaps(run: FacesRun, before: EmbeddedFaces, after: EmbeddedFaces, { people, labels }: LearnedFolder): Promise<string> {
  const { options, seed, progress } = run
  const { out, signal } = options
  const drawn = some(before.records.length, mostDrawn, seed)
  const images = {
    pixels: await thumbnails(
      out,
      drawn.map((i) => before.records[i]),
    ),
    height: 96,
    width: 96,
    channels: 3 as const,
  }
  const panel = async (title: string, found: EmbeddedFaces) => {
    const { x, y } = await mapFaces(found.vectors, found.dim, { seed, progress, signal })
    return { title, x: Float32Array.from(drawn, (i) => x[i]), y: Float32Array.from(drawn, (i) => y[i]) }
  }
  return faceMaps([await panel('Before', before), await panel('After', after)], {
    images,
    labels: Int32Array.from(drawn, (i) => labels[i]),
    names: people,
    title: 'The same faces before and after learning',
  })
}
