/** @file Room `onnx`: graphs to ONNX models and bytes, and bytes back to models. */
export { decodeModel, encodeModel, type OnnxAttribute, type OnnxModel, type OnnxNode, type OnnxTensor, type OnnxValue } from './model.ts'
export { toOnnx, type ToOnnxOptions } from './emit.ts'
