/** @file The detector as second looks use it: one picture a call, boxes best first, scores that mean the same for every detector. */
import { stopIfAborted } from '../base/index.ts'
import type { Photo } from '../images/index.ts'
import type { ScoredBox } from './box-finders.ts'
import type { FaceDetector } from './find-faces.ts'
import type { ImageNetwork } from './image-network.ts'

/** A detector for second looks. */
export interface LookingDetector {
  /** Boxes above a score, best first; throws `interrupted` when the signal has fired. */
  find(picture: Photo, above: number): Promise<ScoredBox[]>
  readonly landmarks: ImageNetwork
  /** A score as a probability. */
  probability(score: number): number
  /** From here on a box is a hint, nothing more. */
  readonly hint: number
  /** What a face must reach that only a second look finds. */
  readonly sure: number
  /** What it must reach with much other evidence. */
  readonly likely: number
}

const neural = { hint: 0.15, sure: 0.5, likely: 0.35 }
/** Those of YuNet lie by .1 above the others', as its least score does; they were never tried on photos. */
const usualScores: Readonly<Record<FaceDetector['name'], Pick<LookingDetector, 'hint' | 'sure' | 'likely'>>> = {
  ssd: neural,
  tiny: neural,
  yunet: { hint: 0.25, sure: 0.6, likely: 0.45 },
  haar: { hint: 2, sure: 6, likely: 5 },
}

/** @param minScore the least score that was asked for, which second looks do not undercut; undefined where none was */
export function lookingDetector(detector: FaceDetector, minScore: number | undefined, signal: AbortSignal | undefined): LookingDetector {
  const { name } = detector
  const haar = name === 'haar'
  const usual = usualScores[name]
  return {
    async find(picture, above) {
      stopIfAborted(signal, 'findFaces', 'a stop between two looks', 'Run it again.')
      const [boxes] = await detector.finder.find([picture], above)
      return boxes.toSorted((a, b) => b.score - a.score)
    },
    landmarks: detector.landmarks,
    probability: haar ? (windows) => windows / (windows + 3) : (score) => score,
    hint: usual.hint,
    sure: minScore ?? usual.sure,
    likely: minScore ?? usual.likely,
  }
}
