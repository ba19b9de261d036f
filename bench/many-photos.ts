/**
 * @file Many photos of few people: each new one is made from a real one, mirrored, cropped, scaled, brighter or darker, and saved at another JPEG quality, by a
 * seeded choice. Same seed and same photos, same files.
 */
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { rng } from '../src/base/index.ts'
import { photosBelow } from './labelled-photos.ts'

/**
 * Writes `count` photos `TO/PERSON/NNNNN.jpg`, made in turn from all photos below a folder of folders of people; files that are there already are kept.
 *
 * @param from as `photosBelow`
 */
export async function makeManyPhotos(from: string, to: string, count: number, seed = 0): Promise<void> {
  const photos = photosBelow(from)
  const random = rng(seed).fork('many photos')
  for (let i = 0; i < count; i++) {
    const { path, person } = photos[i % photos.length]
    const [left, top, right, bottom] = [0, 1, 2, 3].map(() => 0.05 * random.uniform())
    const choice = {
      mirrored: random.uniform() < 0.5,
      brightness: 0.8 + 0.4 * random.uniform(),
      saturation: 0.6 + 0.6 * random.uniform(),
      scale: 0.8 + 0.4 * random.uniform(),
      quality: 60 + random.integer(36),
    }
    const file = join(to, person, `${String(i).padStart(5, '0')}.jpg`)
    if (existsSync(file)) continue
    mkdirSync(join(to, person), { recursive: true })
    const { data, info } = await sharp(path).rotate().toBuffer({ resolveWithObject: true })
    const part = (share: number, side: number) => Math.round(share * side)
    const region = {
      left: part(left, info.width),
      top: part(top, info.height),
      width: info.width - part(left, info.width) - part(right, info.width),
      height: info.height - part(top, info.height) - part(bottom, info.height),
    }
    const image = sharp(data)
      .extract(region)
      .flop(choice.mirrored)
      .modulate({ brightness: choice.brightness, saturation: choice.saturation })
      .resize(Math.max(64, Math.round(choice.scale * region.width)))
    await image.jpeg({ quality: choice.quality }).toFile(`${file}.part`)
    renameSync(`${file}.part`, file)
  }
}
