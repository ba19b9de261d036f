/** @file Room `distances`: distances between embeddings as graph nodes. */
export { cosine, distances, euclidean, l2Normalise, squaredEuclidean, type Distance, type DistanceName } from './distance.ts'
