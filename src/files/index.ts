/** @file Room `files`: reading, hashing and atomic writing on disk. Node only. */
export { ioError, readBytes, sha256, writeFileAtomic } from './atomic.ts'
