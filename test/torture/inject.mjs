/**
 * @file Loaded before everything else (`node --import`): lets the n-th write of this process fail, as a full or failing disk would.
 *
 * KINDRED_INJECT=n:CODE:mode: the n-th writing call (from 1) throws CODE (ENOSPC, EIO, ...); mode `once`, or `always` for it and all later ones that take room.
 * KINDRED_INJECT_BELOW: only calls on files below this folder count. At exit, the number of writing calls goes to descriptor 3 where it is open.
 * A failing write of bytes writes half of them first, as disks do.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { resolve, sep } from 'node:path'

const [at, code, mode] = (process.env.KINDRED_INJECT ?? '0:EIO:once').split(':')
const below = resolve(process.env.KINDRED_INJECT_BELOW ?? '/') 
const home = below.endsWith(sep) ? below : below + sep
/** Descriptors opened for writing below the folder. */
const open = new Map()
let calls = 0

const inside = (path) => typeof path === 'string' && (resolve(path) + sep).startsWith(home)
const writes = (flags) => (typeof flags === 'string' ? flags !== 'r' : ((flags ?? 0) & 3) !== 0)
const failure = (syscall, path) => Object.assign(new Error(`${code}: injected, ${syscall} ${path ?? ''}`), {
    code,
    errno: code === 'ENOSPC' ? -28 : -5,
    syscall,
    path,
  })

/** Whether this call is to fail. */
function fails() {
  calls++
  return calls === Number(at) || (mode === 'always' && Number(at) > 0 && calls > Number(at))
}

const original = { ...fs }
fs.openSync = (path, flags, ...rest) => {
  const counted = inside(path) && writes(flags)
  if (counted && fails()) throw failure('open', path)
  const fd = original.openSync(path, flags, ...rest)
  if (counted) open.set(fd, path)
  return fd
}
fs.closeSync = (fd) => {
  open.delete(fd)
  return original.closeSync(fd)
}
fs.writeSync = (fd, data, offset, length, ...rest) => {
  if (!open.has(fd) || !fails()) return original.writeSync(fd, data, offset, length, ...rest)
  if (ArrayBuffer.isView(data)) {
    const half = Math.floor((length ?? data.byteLength - (offset ?? 0)) / 2)
    if (half > 0) original.writeSync(fd, data, offset ?? 0, half, ...rest)
  }
  throw failure('write', open.get(fd))
}
for (const name of ['fsyncSync', 'fdatasyncSync', 'ftruncateSync']) {
  fs[name] = (fd, ...rest) => {
    if (open.has(fd) && fails()) throw failure(name.replace('Sync', ''), open.get(fd))
    return original[name](fd, ...rest)
  }
}
for (const name of ['mkdirSync', 'writeFileSync', 'appendFileSync', 'truncateSync', 'rmSync', 'unlinkSync', 'mkdtempSync']) {
  fs[name] = (path, ...rest) => {
    // what frees room works on a full disk
    const frees = name === 'rmSync' || name === 'unlinkSync'
    if (inside(path) && !(frees && code === 'ENOSPC') && fails()) throw failure(name.replace('Sync', ''), path)
    return original[name](path, ...rest)
  }
}
for (const name of ['renameSync', 'linkSync', 'copyFileSync', 'symlinkSync']) {
  fs[name] = (from, to, ...rest) => {
    if (inside(to) && fails()) throw failure(name.replace('Sync', ''), to)
    return original[name](from, to, ...rest)
  }
}
syncBuiltinESMExports()
process.on('exit', () => {
  try {
    original.writeSync(3, `${calls}\n`)
  } catch {
    // nobody asked
  }
})
