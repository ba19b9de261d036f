/** @file Room `runtime`: runs graphs on onnxruntime-node or onnxruntime-web behind one interface. */
export { bytes, compile, floats, intScalar, ints, scalar, type HostTensor, type Program, type ProgramOptions, type Runtime } from './runtime.ts'
export { chooseRuntime, defaultRuntime, runtimeKinds, type DefaultRuntimeOptions, type RuntimeChoice, type RuntimeKind } from './default.ts'
export { cudaTrouble, findNative, loadNative, nativeIsOffered, type NativePackage, type NativeRuntime } from './load-native.ts'
export { nodeRuntime, type NodeRuntimeOptions } from './node.ts'
export { webRuntime, type WebRuntimeOptions } from './web.ts'
