/** @file What verb `doctor` finds, as lines. */
import { columns } from '../columns.ts'
import type { Diagnosis } from '../diagnose.ts'

const size = (bytes: number): string => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`)

/** A table of what runs, and a command for each part that is missing. */
export function doctorLines({
  kindred,
  node,
  platform,
  runtime,
  gpu,
  pictures,
  parts: all,
  cache,
  folder,
  memory,
  processors,
}: Diagnosis): string[] {
  const rows: [string, string][] = [
    ['kindred', `${kindred} on Node ${node}, ${platform}`],
    [
      'machine',
      `${processors.count} processor${processors.count === 1 ? '' : 's'} (${processors.model}), ${size(memory.totalBytes)} of ` +
        `memory, ${size(memory.freeBytes)} free`,
    ],
    [
      'runtime',
      `${runtime.kind === 'native' ? 'native code' : 'WebAssembly'}${runtime.package === '' ? '' : `, ${runtime.package} ${runtime.version}`}, ` +
        `${runtime.threads} thread${runtime.threads === 1 ? '' : 's'}: ` +
        `${runtime.works ? `works (${runtime.why})` : `does not run: ${runtime.error}`}`,
    ],
  ]
  if (runtime.faster !== undefined) rows.push(['', runtime.faster])
  rows.push(['GPU', gpu.driver ? 'an NVIDIA driver is there' : 'no NVIDIA driver found; kindred computes on the processor'])
  for (const { name, works, why } of gpu.providers) rows.push(['', `${name}: ${works ? 'works, ' : ''}${why}`])
  rows.push(['pictures', pictures.works ? `sharp ${pictures.sharp}: works` : `sharp ${pictures.sharp} does not load: ${pictures.error}`])
  rows.push(['cache', `${cache.folder}, ${size(cache.bytes)}${cache.writable ? '' : '; cannot be written to'}`])
  rows.push(['this folder', `${folder.folder}: ${folder.writable ? 'can be written to' : 'cannot be written to; pass --out'}`])
  const lines = [
    ...columns(rows),
    '',
    'Parts that come when asked for:',
    ...columns(all.map(({ name, installed, gives }) => [`  ${name}`, installed ? 'installed' : 'missing', gives])),
  ]
  const missing = all.filter(({ command }) => command !== undefined)
  return missing.length === 0 ? lines : [...lines, '', ...missing.map(({ name, command }) => `${name}: ${command}`)]
}
