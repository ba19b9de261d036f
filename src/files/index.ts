/** @file Room `files`: reading, listing, hashing and atomic writing on disk, and fetching files from the network. Node only. */
export { isProcess, makeFolder, renameOver, sweepParts, writeFileAtomic } from './atomic.ts'
export { defaultCacheFolder } from './cache-folder.ts'
export { csvCell, csvRows, csvText, type CsvRow } from './csv.ts'
export { download, type DownloadOptions, type RemoteFile } from './download.ts'
export { hasPart, installedVersion, needParts } from './installed.ts'
export { checkpointName, folderStore, hasCheckpoint, previousName, type FolderStore } from './folder-store.ts'
export { FileBytes } from './file-bytes.ts'
export { listFiles, type FileList, type ListOptions } from './list.ts'
export { Journal } from './journal.ts'
export { lockFolder, type Lock, type LockOptions } from './lock.ts'
export { journalName, madeByKindred } from './made-by-kindred.ts'
export {
  ioError,
  kindOf,
  openRegular,
  pathKind,
  placeOf,
  readBytes,
  readJson,
  readJsonLines,
  readText,
  readTextPieces,
  sha256File,
  type SizeLimit,
} from './read.ts'
export { sha256 } from '../base/index.ts'
export { readZipEntry, zipEntries, type ZipEntry } from './zip.ts'
export { lockOutput } from './output-lock.ts'
export { pathOrBytes, type FileSource } from './file-source.ts'
