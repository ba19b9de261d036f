/**
 * @file The one place that loads onnxruntime-node, with its telemetry switched off first.
 *
 * Since version 1.29 its libraries for Linux and macOS send events to Microsoft (1DS) and keep a device number and a queue of events in the home folder, unless
 * `ORT_DISABLE_TELEMETRY` (1.29, 1.30) or `ORT_TELEMETRY_DISABLED` (later ones) is 1 in the process's environment before they are loaded.
 * Source: microsoft/onnxruntime, pull requests 27379 and 29843. On Windows the library hands its events to the system (ETW) and reads neither.
 */
import { isMainThread } from 'node:worker_threads'
import { KindredError } from '../base/index.ts'
import type { OrtModule } from './runtime.ts'

const switches = ['ORT_DISABLE_TELEMETRY', 'ORT_TELEMETRY_DISABLED'] as const

/**
 * Loads the native runtime.
 *
 * @throws KindredError `not-found` when onnxruntime-node is not installed, `unsupported` in a worker thread where its telemetry cannot be switched off
 */
export async function loadNative(): Promise<OrtModule> {
  switchTelemetryOff()
  try {
    return (await import('onnxruntime-node')) as unknown as OrtModule
  } catch (error) {
    throw new KindredError('not-found', 'runtime', 'the package onnxruntime-node must be installed', String(error), 'Run: npm install onnxruntime-node (with onnxruntime-node-install=skip in .npmrc where there is no internet).', { cause: error })
  }
}

/** Whatever the environment said before: nobody is phoned. */
function switchTelemetryOff(): void {
  for (const name of switches) process.env[name] = '1'
  // A worker thread has a copy of the environment, unless it shares its parent's; the library reads that of the process.
  if (isMainThread || switches.every((name) => environmentOfProcess()[name] === '1')) return
  throw new KindredError('unsupported', 'runtime', "the native runtime's telemetry must be switched off before it is loaded", 'a worker thread with an environment of its own, in a process that has ORT_DISABLE_TELEMETRY and ORT_TELEMETRY_DISABLED unset', 'Start the worker with { env: SHARE_ENV }, or call nodeRuntime() in the main thread first.')
}

/** The environment that native code sees. */
function environmentOfProcess(): Record<string, string> {
  const report = process.report as typeof process.report & { excludeNetwork: boolean }
  const before = report.excludeNetwork
  report.excludeNetwork = true // it would look up the names of open connections
  try {
    return (report.getReport() as { environmentVariables: Record<string, string> }).environmentVariables
  } finally {
    report.excludeNetwork = before
  }
}
