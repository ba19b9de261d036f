/** @file Room `onnx`: graphs to ONNX models and bytes, bytes back to models, and foreign models to graphs. */
export { checkModel, type CheckModelOptions } from './check-model.ts'
export {
  decodeModel,
  encodeMetadata,
  encodeModel,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './model.ts'
export { readProtoModel, type ProtoModel } from './proto-model.ts'
export { toOnnx, type ToOnnxOptions } from './emit.ts'
export { fromOnnx, type FromOnnxOptions, type ImportedGraph } from './import.ts'
