/** @file Room `runtime`: runs graphs on onnxruntime-node or onnxruntime-web behind one interface. For a browser, too. */
export {
  bytes,
  compile,
  floats,
  intScalar,
  ints,
  scalar,
  type HostTensor,
  type Program,
  type ProgramOptions,
  type Runtime,
} from './runtime.ts'
export { defaultRuntime, runtimeKinds, type DefaultRuntimeOptions, type RuntimeChoice, type RuntimeKind } from './default.ts'
export {
  chooseRuntime,
  cudaTrouble,
  findNative,
  loadNative,
  nativeIsOffered,
  nodeRuntime,
  type NativePackage,
  type NativeRuntime,
  type NodeRuntimeOptions,
} from './node/index.ts'
export { webRuntime, type WebModule, type WebRuntimeOptions } from './web.ts'
