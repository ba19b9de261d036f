/** @file Room `images`: one photo: kinds of files, decoding within limits, resizing, squares, encoding. Node only. */
export { iou, roundEven, type Box } from './box.ts'
export { decodeImage, holdImage, pixelBudget, readImageFile, type DecodeOptions, type DecodedImage, type HeldImage } from './decode.ts'
export { jpegDataUri, type Photos } from './encode-jpeg.ts'
export { base64, encodePng, pngDataUri, type PixelFormat } from './encode-png.ts'
export { rgbToGray } from './gray.ts'
export { imageKind, pictureName, type ImageFormat, type ImageKind } from './image-kind.ts'
export { squareInput, type Photo, type SquareOptions } from './photo.ts'
export { resizeExact } from './resize-exact.ts'
