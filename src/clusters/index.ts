/** @file Room `clusters`: density clustering of points, unnamed and partly named: which photos show one person. */
export { dbscan, type Clusters, type DbscanOptions } from './dbscan.ts'
export { namedClusters } from './named-clusters.ts'
