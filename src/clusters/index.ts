/** @file Room `clusters`: density clustering of points: unnamed (DBSCAN), and with names that must or must not meet. */
export { dbscan, type Clusters, type DbscanOptions } from './dbscan.ts'
export { namedClusters, type ApartConflict, type NamedClusters, type NamedClustersOptions } from './named-clusters.ts'
