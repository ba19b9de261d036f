/** @file Where the words `--data` and `--download` say MNIST comes from. */
import { KindredError } from '../base/index.ts'

/** The source as room `data` takes it. @throws KindredError `usage` when both are given */
export function mnistFrom(where: string, { data, download = false }: { readonly data?: string; readonly download?: boolean }): string {
  if (data !== undefined && download) throw new KindredError('usage', where, '--data and --download must not be given together')
  return download ? 'download' : (data ?? 'package')
}
