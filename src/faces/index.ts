/** @file Room `faces`: detect, align, embed. Node only. */
export { iou, type Box } from './box.ts'
export { rgbToGray } from './gray.ts'
export { haarDetector, type HaarDetector, type HaarOptions } from './haar.ts'
export type { GroupedBox } from './group-rectangles.ts'
