/** @file Room `distances`: distances between embeddings as graph nodes. */
export { checkDistance, cosine, distances, euclidean, l2Normalize, squaredEuclidean, type Distance, type DistanceName } from './distance.ts'
