/**
 * @file Fifty pictures without a human face, drawn by the seed: drawn animals, statues and masks, things that look back, textures, writing, clothes.
 *
 * They stand for what lies between people's photos. None is a photo, but for the parrot of the shared test data where that is there; photographed animals and
 * statues may be harder.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp, { type Sharp } from 'sharp'
import { rng, type Rng } from '../src/base/index.ts'
import { decodeImage, type Photo } from '../src/images/index.ts'

/** A picture and what it shows. */
export interface NonFace {
  readonly what: string
  readonly photo: Photo
}

/** The fifty pictures. */
export async function nonFaces(seed: number): Promise<NonFace[]> {
  const random = rng(seed)
  const out: NonFace[] = []
  const draw = async (what: string, width: number, height: number, body: string, blur = 0): Promise<void> => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`
    const image = sharp(Buffer.from(svg)).flatten({ background: '#ffffff' })
    out.push({ what, photo: await pixelsOf(blur > 0 ? image.blur(blur) : image) })
  }
  for (let i = 0; i < 12; i++) await draw(`drawn animal`, 420, 400, animal(random, i), i % 3 === 2 ? 2 : 0)
  for (let i = 0; i < 6; i++) await draw('statue or mask', 360, 440, statue(random), 2 + (i % 3))
  for (let i = 0; i < 8; i++) await draw('thing that looks back', 400, 400, thing(random, i))
  for (let i = 0; i < 4; i++) await draw('clothes', 400, 440, clothes(random, i), 1)
  for (let i = 0; i < 4; i++) await draw('writing', 600, 420, writing(random, i))
  const parrot = fileURLToPath(new URL('../../shared/data/mobilenet-v2/parrot.jpg', import.meta.url))
  if (existsSync(parrot)) out.push({ what: 'parrot, a photo', photo: await decodeImage(parrot) })
  for (let i = 0; out.length < 50; i++) out.push({ what: 'texture', photo: await texture(random, i) })
  return out
}

async function pixelsOf(image: Sharp): Promise<Photo> {
  const { data, info } = await image.toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return { pixels: new Uint8Array(data), width: info.width, height: info.height }
}

const between = (random: Rng, low: number, high: number): number => low + (high - low) * random.uniform()
const colour = (random: Rng, low = 0, high = 255): string => `rgb(${[0, 1, 2].map(() => Math.round(between(random, low, high))).join(',')})`
const fur = ['#8a5a2b', '#d9a066', '#777777', '#f0e0c0', '#333333', '#c46a2b', '#fafafa', '#b08850']

/** A cat, dog, bear, owl or the like from the front. */
function animal(random: Rng, i: number): string {
  const coat = fur[i % fur.length]
  const [x, y, r] = [210, 215, between(random, 110, 150)]
  const eye = between(random, 0.12, 0.2) * r
  const apart = between(random, 0.35, 0.5) * r
  const pointed = i % 2 === 0
  const ear = (side: number): string =>
    pointed
      ? `<path d="M${x + side * r * 0.9} ${y - r * 0.35} L${x + side * r * 0.75} ${y - r * 1.35} L${x + side * r * 0.2} ${y - r * 0.9} Z"
fill="${coat}"/>`
      : `<circle cx="${x + side * r * 0.75}" cy="${y - r * 0.8}" r="${r * 0.35}" fill="${coat}"/>`
  const eyeAt = (side: number): string =>
    `<circle cx="${x + side * apart}" cy="${y - r * 0.15}" r="${eye}" fill="${i % 3 === 0 ? '#e8d040' : '#ffffff'}"/>` +
    `<ellipse cx="${x + side * apart}" cy="${y - r * 0.15}" rx="${pointed ? eye * 0.35 : eye * 0.6}" ry="${eye * 0.8}" fill="#111"/>`
  const muzzle =
    i % 4 === 3
      ? `<path d="M${x - 14} ${y + r * 0.1} L${x + 14} ${y + r * 0.1} L${x} ${y + r * 0.45} Z" fill="#d8902a"/>`
      : `<ellipse cx="${x}" cy="${y + r * 0.4}" rx="${r * 0.4}" ry="${r * 0.3}" fill="#f4ead8"/>
<ellipse cx="${x}" cy="${y + r * 0.25}" rx="${r * 0.14}" ry="${r * 0.1}" fill="#222"/>
<path d="M${x} ${y + r * 0.33} v${r * 0.15} m0 0
q${-r * 0.15} ${r * 0.12} ${-r * 0.28} 0 M${x} ${y + r * 0.48} q${r * 0.15} ${r * 0.12} ${r * 0.28} 0" stroke="#222" fill="none" stroke-width="4"/>`
  return `<rect width="420" height="400" fill="${colour(random, 90, 230)}"/>
<ellipse cx="${x}" cy="${y + r * 1.5}" rx="${r * 1.1}" ry="${r * 0.8}" fill="${coat}"/>
${ear(-1)}${ear(1)}<ellipse cx="${x}" cy="${y}" rx="${r}" ry="${r * between(random, 0.85, 1.05)}" fill="${coat}"/>${muzzle}${eyeAt(-1)}${eyeAt(1)}`
}

/** A head of stone without pupils, or a mask: shaded ovals. */
function statue(random: Rng): string {
  const stone = Math.round(between(random, 150, 225))
  const g = (d: number): string => `rgb(${stone + d},${stone + d - 4},${stone + d - 10})`
  const lift = between(random, -12, 12)
  return `<defs><radialGradient id="h" cx="0.4" cy="0.35" r="0.8"><stop offset="0" stop-color="${g(25)}"/><stop offset="0.7" stop-color="${g(-50)}"/>
<stop offset="1" stop-color="${g(-95)}"/></radialGradient></defs><rect width="360" height="440" fill="${colour(random, 20, 110)}"/>
<path d="M90 440 Q110 330 180 330 Q250 330 270 440 Z" fill="${g(-60)}"/>
<ellipse cx="180" cy="${200 + lift}" rx="${between(random, 85, 105)}" ry="${between(random, 120, 140)}" fill="url(#h)"/>
<ellipse cx="140" cy="${180 + lift}" rx="22" ry="10" fill="${g(-70)}"/><ellipse cx="222" cy="${180 + lift}" rx="22" ry="10" fill="${g(-80)}"/>
<path d="M180 ${180 + lift} L168 ${235 + lift} L194 ${235 + lift} Z" fill="${g(-40)}"/>
<path d="M145 ${272 + lift} Q180 ${between(random, 262, 290) + lift} 215 ${272 + lift}" stroke="${g(-100)}" stroke-width="7" fill="none"/>`
}

/** A house, a plug, a car, a clock, a smiley, a robot, a moon, a box: two of something above one of something. */
function thing(random: Rng, i: number): string {
  const ground = `<rect width="400" height="400" fill="${colour(random, 150, 250)}"/>`
  const main = colour(random, 60, 220)
  const dark = colour(random, 0, 70)
  const parts = [
    `<path d="M60 180 L200 60 L340 180 Z" fill="${dark}"/><rect x="80" y="180" width="240" height="180" fill="${main}"/>
<rect x="110" y="210" width="50" height="50" fill="#dff"/><rect x="240" y="210" width="50" height="50" fill="#dff"/>
<rect x="170" y="280" width="60" height="80" fill="${dark}"/>`,
    `<rect x="80" y="80" width="240" height="240" rx="30" fill="#f2f2ee" stroke="#999" stroke-width="4"/>
<circle cx="150" cy="180" r="20" fill="#222"/><circle cx="250" cy="180" r="20" fill="#222"/><path d="M180 250 a20 20 0 0 1 40 0 z" fill="#222"/>`,
    `<path d="M40 260 Q50 180 110 170 L140 110 H260 L290 170 Q350 180 360 260 Z" fill="${main}"/><circle cx="100" cy="220" r="26" fill="#ffd"/>
<circle cx="300" cy="220" r="26" fill="#ffd"/><rect x="140" y="215" width="120" height="35" fill="#222"/>
<rect x="60" y="260" width="60" height="40" fill="#111"/><rect x="280" y="260" width="60" height="40" fill="#111"/>`,
    `<circle cx="200" cy="200" r="150" fill="#fff" stroke="#222"
stroke-width="14"/>${Array.from(
      { length: 12 },
      (_, k) => `<circle cx="${200 + 125 * Math.sin((k * Math.PI) / 6)}"
cy="${200 - 125 * Math.cos((k * Math.PI) / 6)}" r="8" fill="#222"/>`,
    ).join('')}<path d="M200 200 L140 140 M200 200 L290 160" stroke="#222"
stroke-width="10"/>`,
    `<circle cx="200" cy="200" r="150" fill="#ffd83a"/><circle cx="150" cy="160" r="18" fill="#222"/><circle cx="250" cy="160" r="18" fill="#222"/>
<path d="M120 230 Q200 330 280 230" stroke="#222" stroke-width="14" fill="none"/>`,
    `<rect x="90" y="90" width="220" height="230" rx="16" fill="#a8b4bc"/><rect x="120" y="140" width="60" height="40" fill="#3cf"/>
<rect x="220" y="140" width="60" height="40" fill="#3cf"/><rect x="140" y="250" width="120" height="30" fill="#555"/>
<path d="M200 90 V50" stroke="#555" stroke-width="8"/><circle cx="200" cy="45" r="12" fill="#e33"/>`,
    `<rect width="400" height="400" fill="#0b1030"/><circle cx="200" cy="200" r="140" fill="#d8d4c0"/>
<circle cx="150" cy="160" r="30" fill="#b8b4a0"/><circle cx="245" cy="170" r="24" fill="#bcb8a4"/>
<ellipse cx="200" cy="260" rx="50" ry="22" fill="#b4b09c"/>`,
    `<rect x="70" y="120" width="260" height="190" fill="#b98d5a"/><path d="M70 120 L120 70 H280 L330 120 Z" fill="#a57a48"/>
<rect x="130" y="180" width="40" height="16" fill="#5a3a18"/><rect x="230" y="180" width="40" height="16" fill="#5a3a18"/>
<path d="M150 250 H250" stroke="#5a3a18" stroke-width="8"/>`,
  ]
  return ground + parts[i % parts.length]
}

/** A shirt, trousers, a shoe, a bag. */
function clothes(random: Rng, i: number): string {
  const main = colour(random, 40, 200)
  const parts = [
    `<path d="M130 60 Q200 110 270 60 L370 120 L330 200 L290 180 V400 H110 V180 L70 200 L30 120 Z" fill="${main}"/>`,
    `<path d="M120 40 H280 L310 410 H225 L200 180 L175 410 H90 Z" fill="${main}"/>`,
    `<path d="M60 250 Q120 250 150 190 L230 200 Q260 260 350 280 Q360 320 340 330 H60 Z" fill="${main}"/>
<rect x="60" y="325" width="290" height="18" fill="#222"/>`,
    `<path d="M130 170 Q130 70 200 70 Q270 70 270 170" stroke="#333" stroke-width="14" fill="none"/>
<rect x="70" y="160" width="260" height="220" rx="14" fill="${main}"/><circle cx="150" cy="210" r="10" fill="#dc4"/>
<circle cx="250" cy="210" r="10" fill="#dc4"/>`,
  ]
  return `<rect width="400" height="440" fill="#eee"/>${parts[i % parts.length]}`
}

/** Lines of letters in a plain font. */
function writing(random: Rng, i: number): string {
  const size = [14, 22, 40, 90][i % 4]
  const lines = Array.from({ length: Math.floor(400 / (size * 1.3)) }, (_, k) => {
    const text = Array.from({ length: Math.floor(1000 / size) }, () => 'abcdefghijklmnopqrstuvwxyz OQ08 '[random.integer(32)]).join('')
    return `<text x="12" y="${(k + 1) * size * 1.3}" font-size="${size}" font-family="sans-serif">${text}</text>`
  })
  return `<rect width="600" height="420" fill="#fffef8"/>${lines.join('')}`
}

/** Noise of several grains, stripes, checks, leaves, bricks. */
async function texture(random: Rng, i: number): Promise<Photo> {
  const [width, height] = [
    [400, 400],
    [640, 420],
    [360, 480],
    [1200, 800],
  ][i % 4]
  const kind = i % 5
  if (kind < 2) {
    const grain = [1, 4, 12, 40, 90][Math.floor(i / 2) % 5]
    const [w, h] = [Math.ceil(width / grain), Math.ceil(height / grain)]
    const small = Uint8Array.from({ length: w * h * 3 }, () => random.integer(256))
    const image = sharp(small, { raw: { width: w, height: h, channels: 3 } }).resize(width, height, { fit: 'fill', kernel: 'cubic' })
    return pixelsOf(image)
  }
  const shapes = Array.from({ length: kind === 2 ? 500 : 260 }, (_, k) => {
    const [x, y] = [random.uniform() * width, random.uniform() * height]
    const turn = Math.round(random.uniform() * 180)
    if (kind === 2)
      return `<ellipse cx="${x}" cy="${y}" rx="${8 + 16 * random.uniform()}" ry="${3 + 6 * random.uniform()}" transform="rotate(${turn} ${x} ${y})"
fill="${colour(random, 20, 160)}"/>`
    if (kind === 3) {
      const [row, column] = [Math.floor(k / 14), k % 14]
      return `<rect x="${column * 60 - (row % 2) * 30}" y="${row * 28}" width="56" height="24"
fill="rgb(${150 + random.integer(60)},${70 + random.integer(40)},60)"/>`
    }
    return `<circle cx="${x}" cy="${y}" r="${4 + 30 * random.uniform()}" fill="${colour(random)}" opacity="0.6"/>`
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%"
fill="${colour(random, 60, 200)}"/>${shapes.join('')}</svg>`
  return pixelsOf(sharp(Buffer.from(svg)))
}
