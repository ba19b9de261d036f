/** @file A project of somebody who knows nothing of kindred: the environment of a fresh login, and npm as it comes. */
import { spawnSync } from 'node:child_process'

/** This process's environment without what would help or hinder an install: no CI, no npm settings, nothing of ONNX Runtime. */
export function strangersEnvironment(home: string): NodeJS.ProcessEnv {
  const meant = /^(CI|GITHUB_ACTIONS|TF_BUILD|VITEST.*|NODE_ENV|NODE_OPTIONS|INIT_CWD|XDG_.*|KINDRED_.*|ORT_.*|ONNXRUNTIME_.*)$/i
  // npm hands its settings down to what it runs; where packages come from stays as it is here
  const npm = /^npm_(?!config_(registry|.*proxy|cafile|ca)$)/i
  const kept = Object.entries(process.env).filter(([name]) => !meant.test(name) && !npm.test(name))
  return { ...Object.fromEntries(kept), HOME: home, USERPROFILE: home }
}

/** Runs npm; `cache`, where given, saves fetching again. */
export function npm(
  args: readonly string[],
  { cwd, env, cache }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly cache?: string },
): { status: number | null; stdout: string; stderr: string } {
  const words = cache === undefined ? args : [...args, '--cache', cache, '--prefer-offline']
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd, env, encoding: 'utf8', timeout: 600_000 })
  // npm's own advertisement of its next version is no word of ours
  return {
    status,
    stdout,
    stderr: stderr
      .split('\n')
      .filter((line) => !line.startsWith('npm notice'))
      .join('\n'),
  }
}
