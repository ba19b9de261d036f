/** @file Room `files`: reading, hashing and atomic writing on disk, and fetching files from the network. Node only. */
export { ioError, readBytes, sha256, sha256File, writeFileAtomic } from './atomic.ts'
export { download, type DownloadOptions, type RemoteFile } from './download.ts'
