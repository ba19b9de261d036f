/** @file Room `files`: reading, listing, hashing and atomic writing on disk, and fetching files from the network. Node only. */
export { isProcess, makeFolder, renameOver, sweepParts, writeFileAtomic } from './atomic.ts'
export { defaultCacheFolder } from './cache-folder.ts'
export { download, type DownloadOptions, type RemoteFile } from './download.ts'
export { hasPart, installedVersion, needParts } from './installed.ts'
export { listFiles, type FileList, type ListOptions } from './list.ts'
export { Journal } from './journal.ts'
export { journalName, madeByKindred } from './made-by-kindred.ts'
export { ioError, kindOf, openRegular, pathKind, placeOf, readBytes, readJson, readJsonLines, readText, readTextPieces, sha256, sha256File, type SizeLimit } from './read.ts'
