/** @file Room `clusters`: which unnamed points belong together. Typed arrays in, cluster numbers out. */
export { dbscan, type Clusters, type DbscanOptions } from './dbscan.ts'
