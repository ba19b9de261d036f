/** @file Room `neighbours`: exact nearest neighbours by Euclidean distance. Points in, index and distance arrays out. */
export { nearest, neighbourSearch, type NearestOptions, type NeighbourMethod, type NeighbourSearch } from './nearest.ts'
export { knnGraph, knnPieces, type AllRowsOptions } from './knn-graph.ts'
export { eachPairWithin, pairPieces } from './pairs-within.ts'
export { nearestAmong } from './nearest-among.ts'
export { squaredDistance } from './squared-distance.ts'
export type { Neighbours } from './types.ts'
export { engineSearch, type EngineQueryOptions, type EngineSearch, type EngineSearchOptions } from './engine.ts'
export { euclideanDistance, ExactScan, type ScanHit } from './exact-scan.ts'
