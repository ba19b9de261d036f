/**
 * @file What the first convolution tells about the order of its colour channels.
 *
 * Two witnesses. A *fingerprint*: the ImageNet VGG16 that came from Caffe (and is in Keras) is known by its first numbers, in whatever file it lies; their
 * order proves the order of the channels. And *energy*: in networks trained on photographs the filters of blue are the weakest. Measured on seven published RGB
 * networks (MobileNetV2 of ImageNet; dlib's ResNet, the SSD, tiny, landmark, age and expression networks of face-api): red beats blue in all seven, by 1.10 to
 * 1.65 times in root sum of squares. The second is a hint, no proof.
 */

/** The order in which an image's channels go into a network. */
export type ChannelOrder = 'rgb' | 'bgr'

/** Root sum of squares of the first filters, for the first and the last channel; bias aside. */
export function channelEnergy(kernel: Float32Array): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0]
  kernel.forEach((w, i) => (sums[Math.floor(i / 9) % 3] += w * w))
  return sums.map(Math.sqrt) as [number, number, number]
}

/** The first number of each channel of the first filter, blue, green, red, and of the bias: Caffe's VGG16, as Keras publishes it. */
const caffeVgg16 = { bgr: [0.42947057, 0.55037946, 0.4800154], bias: 0.73429835 }

/**
 * The channel order of Caffe's VGG16, proved by its numbers; undefined for any other weights.
 *
 * @param kernel [out, 3, 3, 3]
 */
export function caffeOrder(kernel: Float32Array, bias: Float32Array): ChannelOrder | undefined {
  const near = (a: number, b: number) => Math.abs(a - b) < 1e-6
  if (!near(bias[0], caffeVgg16.bias)) return undefined
  const first = [kernel[0], kernel[9], kernel[18]]
  if (first.every((v, c) => near(v, caffeVgg16.bgr[c]))) return 'bgr'
  return first.every((v, c) => near(v, caffeVgg16.bgr[2 - c])) ? 'rgb' : undefined
}

/**
 * Whether the energies fit the claimed order: `fits` when red beats blue, `doubtful` when blue beats red, `undecided` when they are within 5 %.
 *
 * @param energy of the kernel's channels, as {@link channelEnergy} gives them
 */
export function energyVerdict(energy: readonly [number, number, number], claimed: ChannelOrder): 'fits' | 'doubtful' | 'undecided' {
  const [red, blue] = claimed === 'rgb' ? [energy[0], energy[2]] : [energy[2], energy[0]]
  return red > 1.05 * blue ? 'fits' : blue > 1.05 * red ? 'doubtful' : 'undecided'
}
