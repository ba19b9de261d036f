/**
 * @file The report of a faces run as one HTML page that needs nothing else.
 */
import type { FacesReport } from './faces-report.ts'
import { facesFound, facesHow, facesMap, facesVerdict, type FacesFigures } from './faces-sections.ts'
import { facesLearned } from './faces-sections-learned.ts'
import { facesMade, facesNeighbours, facesNext, facesRetrieval, facesThreshold } from './faces-sections-retrieval.ts'
import { facesPairs } from './faces-sections-pairs.ts'
import { pageFrame } from '../../report/index.ts'

/**
 * Writes the page, also while the run goes on: missing parts say "computing…", and the page reloads itself until `report.complete`.
 *
 * @param report the figures in numbers
 * @param figures SVG documents by name; those that are missing leave a placeholder, or nothing where they are extras
 * @param home the folder of the run, which questions are asked; default: the photos'
 */
export function facesPage(report: FacesReport, figures: FacesFigures, home?: string): string {
  const named = report.people.some((p) => p.person !== null) || report.retrieval !== undefined
  const learned = facesLearned(report, figures)
  const chapters = [
    facesHow(report, figures),
    facesFound(report, figures),
    facesMap(report, figures),
    facesRetrieval(report, figures),
    facesNeighbours(report, figures),
    ...(named || !report.complete ? [facesThreshold(report, figures)] : []),
    facesPairs(report, figures),
    ...(learned === undefined ? [] : [learned]),
    facesNext(report, home),
    facesMade(report),
  ]
  return pageFrame({
    title: 'Faces: who lies near whom',
    description: 'Report of a faces run of kindred',
    complete: report.complete,
    verdict: facesVerdict(report),
    chapters: chapters.filter((c) => c !== undefined),
  })
}
