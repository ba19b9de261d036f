/** @file Room `projection`: high-dimensional points to a map in the plane, seeded and resumable, and how faithful the map is. */
export { affinities, type Affinities } from './affinities.ts'
export { klDivergence } from './gradient.ts'
export { normalise01 } from './normalise.ts'
export { pca, type Pca, type PcaOptions, type PcaSolver } from './pca.ts'
export { project, tsneMap, type Projection, type ProjectOptions } from './project.ts'
export { neighbourPreservation, trustworthiness, type MapQualityOptions } from './quality.ts'
export { symmetricEigen, type SymmetricEigen } from './symmetric-eigen.ts'
export { tsne, tsneFromState, type TsneOptions, type TsneRun, type TsneState } from './tsne.ts'
