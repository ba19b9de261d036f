/**
 * @file Where the weights of VGG-Face and VGG16 are published, and how each file wants its pixels.
 *
 * kindred carries none of these files: VGG-Face may not be used commercially. Only Keras' and torchvision's files have published checksums; the others are
 * pinned: the first download is believed, and its SHA-256 must hold from then on.
 */
import type { RemoteFile } from '../files/index.ts'
import type { ChannelOrder } from './weights/first-filters.ts'

/** Which network: 2,622 people (Parkhi et al. 2015) or ImageNet's 1,000 classes (Simonyan & Zisserman 2015). */
export type VggModel = 'vgg-face' | 'vgg16'

/** How pixels 0..255 become the network's numbers: channels put in order, then (x - mean) * scale; mean and scale are in that order. */
export interface VggPreprocessing {
  readonly channelOrder: ChannelOrder
  readonly mean: readonly [number, number, number]
  readonly scale: readonly [number, number, number]
}

/** The preparation that each kind of file is used with, by its name. */
export const vggPreprocessings = {
  /** keras_vggface, `utils.preprocess_input(x, version=1)`. */
  'keras-vggface': { channelOrder: 'bgr', mean: [93.594, 104.7624, 129.1863], scale: [1, 1, 1] },
  /** DeepFace: BGR in 0..1, no means. Not what VGG-Face was trained with, but what DeepFace's thresholds belong to. */
  deepface: { channelOrder: 'bgr', mean: [0, 0, 0], scale: [1 / 255, 1 / 255, 1 / 255] },
  /** vgg_face_dag.py of pytorch-mcn. */
  'vgg-face-dag': { channelOrder: 'rgb', mean: [129.186279296875, 104.76238250732422, 93.59396362304688], scale: [1, 1, 1] },
  /** keras.applications.vgg16.preprocess_input ("caffe" mode). */
  'keras-vgg16': { channelOrder: 'bgr', mean: [103.939, 116.779, 123.68], scale: [1, 1, 1] },
  /** torchvision and the ONNX model zoo: RGB / 255, mean .485 .456 .406, deviation .229 .224 .225. */
  torchvision: {
    channelOrder: 'rgb',
    mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
    scale: [1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255)],
  },
} as const satisfies Record<string, VggPreprocessing>
export type VggPreprocessingName = keyof typeof vggPreprocessings

/** The licence of each network's weights, for model cards. */
export const vggLicences: Readonly<Record<VggModel, string>> = {
  'vgg-face': 'VGG-Face weights (University of Oxford): research only, no commercial use',
  vgg16: 'VGG16 weights (University of Oxford): CC BY 4.0',
}

const github = 'https://github.com'
const keras = 'https://storage.googleapis.com/tensorflow/keras-applications/vgg16'

/** A published file and its network. */
export interface VggRemoteFile {
  readonly model: VggModel
  readonly file: RemoteFile
}

/** The published files. `-notop` ones have no dense layers: they can only be cut at pool5. */
export const vggFiles = {
  'keras-vggface': {
    model: 'vgg-face',
    file: {
      name: 'rcmalli_vggface_tf_vgg16.h5',
      urls: [`${github}/rcmalli/keras-vggface/releases/download/v2.0/rcmalli_vggface_tf_vgg16.h5`],
      pin: true,
    },
  },
  'keras-vggface-notop': {
    model: 'vgg-face',
    file: {
      name: 'rcmalli_vggface_tf_notop_vgg16.h5',
      urls: [`${github}/rcmalli/keras-vggface/releases/download/v2.0/rcmalli_vggface_tf_notop_vgg16.h5`],
      pin: true,
    },
  },
  deepface: {
    model: 'vgg-face',
    file: {
      name: 'vgg_face_weights.h5',
      urls: [`${github}/serengil/deepface_models/releases/download/v1.0/vgg_face_weights.h5`],
      pin: true,
    },
  },
  'vgg-face-dag': {
    model: 'vgg-face',
    file: { name: 'vgg_face_dag.pth', urls: ['https://www.robots.ox.ac.uk/~albanie/models/pytorch-mcn/vgg_face_dag.pth'], pin: true },
  },
  'keras-vgg16': {
    model: 'vgg16',
    file: {
      name: 'vgg16_weights_tf_dim_ordering_tf_kernels.h5',
      urls: [`${keras}/vgg16_weights_tf_dim_ordering_tf_kernels.h5`],
      md5: '64373286793e3c8b2b4e3219cbf3544b',
      size: 553_467_096,
    },
  },
  'keras-vgg16-notop': {
    model: 'vgg16',
    file: {
      name: 'vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5',
      urls: [`${keras}/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`],
      md5: '6d6bbae143d832006294945121d1f1fc',
    },
  },
  torchvision: {
    model: 'vgg16',
    file: {
      name: 'vgg16-397923af.pth',
      urls: ['https://download.pytorch.org/models/vgg16-397923af.pth'],
      sha256: '397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0',
      size: 553_433_881,
    },
  },
} as const satisfies Record<string, VggRemoteFile>
export type VggFileName = keyof typeof vggFiles
