import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { setLimits, silent } from '../base/index.ts'
import { imageAt, indicesByClass, subset, type Dataset } from '../dataset/index.ts'
import { fontNames, fontOutlines, testFonts, trainFonts } from './fonts.ts'
import { loadMnist } from './mnist.ts'
import { alphabetsFrom, lettersFrom, omniglotLetters } from './omniglot.ts'
import { fillOutline, flatten } from './outline.ts'
import { outlierKinds, pseudoOutliers } from './pseudo-outliers.ts'
import { reframed } from './reframed.ts'
import { renderedDigits, renderedLetters } from './rendered.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-letters-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const meanInk = (d: Dataset): number => d.images.reduce((a, b) => a + b, 0) / d.images.length / 255
/** Shares of the inked pixels that are faint (below 64) and nearly white (252 and more). */
const texture = (d: Dataset): [number, number] => {
  const inked = d.images.filter((v) => v > 0)
  return [inked.filter((v) => v < 64).length / inked.length, inked.filter((v) => v >= 252).length / inked.length]
}
const omniglot = new URL('../../../shared/data/omniglot', import.meta.url).pathname
const mnist = await loadMnist({ split: 'test' })

describe('outlines', () => {
  it('fills exactly: the area of a polygon, with its hole', () => {
    const square = Float64Array.of(1.25, 1.5, 8.75, 1.5, 8.75, 9.5, 1.25, 9.5)
    const hole = Float64Array.of(3, 3, 3, 6, 6.5, 6, 6.5, 3)
    const ink = fillOutline([square, hole], 12, 12)
    expect(ink.reduce((a, b) => a + b, 0)).toBeCloseTo(7.5 * 8 - 3 * 3.5, 4)
    expect(ink[12 + 1]).toBeCloseTo(0.75 * 0.5, 5)
    expect([ink[4 * 12 + 4], ink[4 * 12 + 2], ink[0]]).toEqual([0, 1, 0])
  })

  it('fills slanted edges exactly, row by row', () => {
    const triangle = Float64Array.of(0.3, 0.2, 9.6, 2.4, 3.1, 7.9)
    const area = Math.abs((9.6 - 0.3) * (7.9 - 0.2) - (3.1 - 0.3) * (2.4 - 0.2)) / 2
    const ink = fillOutline([triangle], 10, 11)
    expect(ink.reduce((a, b) => a + b, 0)).toBeCloseTo(area, 4)
    // one cell by brute force
    let inside = 0
    const side = (ax: number, ay: number, bx: number, by: number, x: number, y: number): boolean =>
      (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0
    for (let i = 0; i < 400; i++) {
      for (let j = 0; j < 400; j++) {
        const [x, y] = [5 + (i + 0.5) / 400, 1 + (j + 0.5) / 400]
        if (side(0.3, 0.2, 9.6, 2.4, x, y) && side(9.6, 2.4, 3.1, 7.9, x, y) && side(3.1, 7.9, 0.3, 0.2, x, y)) inside++
      }
    }
    expect(ink[11 + 5]).toBeCloseTo(inside / 160_000, 2)
    expect(inside).toBeGreaterThan(1000)
  })

  it('flattens curves on the curve', () => {
    const [points] = flatten(
      [{ type: 'M', x: 0, y: 0 }, { type: 'Q', x1: 1, y1: 2, x: 2, y: 0 }, { type: 'L', x: 1, y: -1 }, { type: 'Z' }],
      4,
    )
    expect([...points.subarray(4, 6)]).toEqual([1, 1])
    expect(points.length).toBe(12)
  })
})

describe('fonts', () => {
  it('are parted without overlap, each with the licence of its package', async () => {
    const [train, test] = [fontNames('train'), fontNames('test')]
    expect(train.filter((n) => test.includes(n))).toEqual([])
    expect([train.length, test.length]).toEqual([11, 5])
    for (const { name, licence } of [...trainFonts, ...testFonts]) {
      const { default: manifest } = (await import(`@fontsource/${name}/package.json`, { with: { type: 'json' } })) as {
        default: { license: string }
      }
      expect(manifest.license, name).toBe(licence)
    }
    expect(() => fontNames(['caveatt'])).toThrow('Did you mean "caveat"')
  })

  it('leaves out what a font lacks', () => {
    expect([...fontOutlines('caveat', ['A', '漢']).keys()]).toEqual(['A'])
  })
})

describe('rendered letters', () => {
  const letters = renderedLetters({ perLetter: 12, seed: 3 })
  it('are all there, as many of each, seeded', () => {
    expect([letters.count, letters.height, letters.width]).toEqual([52 * 12, 28, 28])
    expect(letters.classes.join('')).toBe('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')
    expect(indicesByClass(letters).every((l) => l.length === 12)).toBe(true)
    expect(renderedLetters({ perLetter: 12, seed: 3 }).hash).toBe(letters.hash)
    expect(renderedLetters({ perLetter: 12, seed: 4 }).hash).not.toBe(letters.hash)
    expect(renderedLetters({ perLetter: 12, seed: 3, fonts: 'test' }).hash).not.toBe(letters.hash)
    expect(renderedLetters({ perLetter: 2, case: 'lower' }).classes).toHaveLength(26)
    expect(renderedLetters({ perLetter: 2, letters: 'xY' }).classes).toEqual(['x', 'Y'])
  })

  it("lie in MNIST's frame: as much ink, 20 px high or wide, centred, none like another", () => {
    expect(meanInk(letters) / meanInk(mnist)).toBeGreaterThan(0.9)
    expect(meanInk(letters) / meanInk(mnist)).toBeLessThan(1.15)
    const seen = new Set<string>()
    for (let k = 0; k < letters.count; k++) {
      const image = imageAt(letters, k)
      seen.add(image.join())
      expect(Math.max(...image)).toBe(255)
      const at = [...image.keys()].filter((i) => image[i] > 0)
      const [xs, ys] = [at.map((i) => i % 28), at.map((i) => Math.floor(i / 28))]
      const longer = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)) + 1
      expect(longer, letters.classes[letters.labels[k]]).toBe(20)
    }
    expect(seen.size).toBe(letters.count)
  })

  it("have edges as sharp as MNIST's, or a network learns the edges", () => {
    const [faint, white] = texture(mnist)
    const [drawnFaint, drawnWhite] = texture(letters)
    expect(drawnFaint / faint).toBeGreaterThan(0.8)
    expect(drawnFaint / faint).toBeLessThan(1.35)
    expect(drawnWhite / white).toBeGreaterThan(0.75)
    expect(drawnWhite / white).toBeLessThan(1.15)
  })

  it('can be digits that look like real ones: nearer to their own class mean than to others', () => {
    const digits = renderedDigits({ perDigit: 20, seed: 1 })
    const means = indicesByClass(mnist).map((list) => {
      const mean = new Float64Array(784)
      for (const i of list) imageAt(mnist, i).forEach((v, p) => (mean[p] += v / list.length))
      return mean
    })
    let right = 0
    for (let k = 0; k < digits.count; k++) {
      const image = imageAt(digits, k)
      const distance = means.map((m) => m.reduce((sum, v, p) => sum + (v - image[p]) ** 2, 0))
      if (distance.indexOf(Math.min(...distance)) === digits.labels[k]) right++
    }
    // 0.82 for real MNIST digits
    expect(right / digits.count).toBeGreaterThan(0.6)
  })

  it('refuses what it cannot draw', () => {
    expect(() => renderedLetters({ fonts: ['nofont'] })).toThrow('a font must be one of')
    expect(() => renderedLetters({ letters: '' })).toThrow('1 to 256 different characters')
    expect(() => renderedLetters({ letters: '漢' })).toThrow('must have the character 漢')
    expect(() => renderedLetters({ perLetter: 0 })).toThrow('above 0')
    expect(() => renderedLetters({ font: 'train' } as object)).toThrow('Did you mean "fonts"')
  })
})

describe('letters from disk', async () => {
  // two letters by two drawers, in Omniglot's layout: 1-bit, black on white
  const drawing = async (x: number): Promise<Uint8Array> => {
    const pixels = new Uint8Array(105 * 105).fill(255)
    for (let y = 30; y < 80; y++) pixels.fill(0, y * 105 + x, y * 105 + x + 2)
    pixels.fill(0, 30 * 105 + 30, 30 * 105 + 70)
    return sharp(pixels, { raw: { width: 105, height: 105, channels: 1 } })
      .png({ palette: true, colours: 2 })
      .toBuffer()
  }
  const files: Record<string, Uint8Array> = {}
  for (const alphabet of ['Latin', 'Greek'])
    for (const letter of [1, 2])
      for (const drawer of [1, 2])
        files[`set/${alphabet}/character0${letter}/07${letter}_0${drawer}.png`] = await drawing(20 + 15 * letter + drawer)
  const zip = join(folder, 'zips', 'omni.zip')
  mkdirSync(join(folder, 'zips'))
  writeFileSync(zip, zipSync(files))
  writeFileSync(
    join(folder, 'zips', 'a_first.zip'),
    zipSync({ 'set/Runes/character01/x_01.png': files['set/Latin/character01/071_01.png'] }),
  )

  it('reads a zip, a folder of zips and an unpacked folder alike', async () => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder, 'plain', path, '..'), { recursive: true })
      writeFileSync(join(folder, 'plain', path), content)
    }
    const sets = await Promise.all([
      omniglotLetters(zip),
      omniglotLetters(join(folder, 'zips')),
      omniglotLetters(join(folder, 'plain')),
      lettersFrom(zip),
      lettersFrom(join(folder, 'zips')),
    ])
    for (const set of sets) {
      expect([set.count, set.classes.join(), [...set.labels].join()]).toEqual([4, 'a,b', '0,0,1,1'])
      expect(set.hash).toBe(sets[0].hash)
    }
    expect((await omniglotLetters(zip, { alphabet: 'Greek', perLetter: 1 })).classes).toEqual(['Greek/character01', 'Greek/character02'])
    expect((await omniglotLetters(join(folder, 'zips'), { alphabet: 'all' })).count).toBe(9)
  })

  it('reads a folder with one folder per letter', async () => {
    for (const letter of ['A', 'B']) {
      mkdirSync(join(folder, 'own', letter), { recursive: true })
      writeFileSync(join(folder, 'own', letter, 'x.png'), files['set/Latin/character01/071_01.png'])
    }
    const own = await lettersFrom(join(folder, 'own'))
    expect([own.classes, own.count]).toEqual([['A', 'B'], 2])
  })

  it('reads every alphabet as a set of its own, each once, whichever archives hold it', async () => {
    const second = join(folder, 'second.zip')
    const again = files['set/Latin/character01/071_01.png']
    writeFileSync(
      second,
      zipSync({ 'b/Latin/character03/1.png': again, 'b/Korean/character07/1.png': again, 'b/Korean/character02/1.png': again }),
    )
    const shown = (list: Awaited<ReturnType<typeof alphabetsFrom>>) =>
      list.map(({ name, images }) => [name, images.count, images.classes.join()])
    const greek = ['Greek', 4, 'Greek/character01,Greek/character02']
    const korean = ['Korean', 2, 'Korean/character02,Korean/character07']
    expect(shown(await alphabetsFrom([zip, second]))).toEqual([greek, korean, ['Latin', 4, 'a,b']])
    expect(shown(await alphabetsFrom([second, zip]))).toEqual([greek, korean, ['Latin', 1, 'c']])
    expect(shown(await alphabetsFrom([join(folder, 'zips')], { perLetter: 1 }))).toEqual([
      ['Greek', 2, greek[2]],
      ['Latin', 2, 'a,b'],
      ['Runes', 1, 'Runes/character01'],
    ])
    const [, , latin] = await alphabetsFrom([zip, second])
    expect(latin.images.hash).toBe((await omniglotLetters(zip)).hash)
    expect(shown(await alphabetsFrom([join(folder, 'own'), zip])).map(([name]) => name)).toEqual(['Greek', 'Latin', 'own'])
    await expect(alphabetsFrom([join(folder, 'gone.zip')])).rejects.toThrow(expect.objectContaining({ code: 'not-found' }))
    await expect(alphabetsFrom([zip], { alphabet: 'Latin' } as object)).rejects.toThrow('alphabets')
  })

  it('says what is missing or damaged', async () => {
    await expect(omniglotLetters(zip, { alphabet: 'Latim' })).rejects.toThrow(
      'must hold the alphabet "Latim", got Greek, Latin. Did you mean "Latin"?',
    )
    await expect(omniglotLetters(join(folder, 'gone.zip'))).rejects.toThrow(expect.objectContaining({ code: 'not-found' }))
    mkdirSync(join(folder, 'nothing'))
    await expect(lettersFrom(join(folder, 'nothing'))).rejects.toThrow('one folder of images per letter')
    writeFileSync(join(folder, 'cut.zip'), zipSync(files).subarray(0, 500))
    await expect(omniglotLetters(join(folder, 'cut.zip'))).rejects.toThrow(
      expect.objectContaining({ code: 'corrupt', message: expect.stringContaining('cut.zip: a zip archive must end with its directory') }),
    )
    writeFileSync(join(folder, 'bad.zip'), zipSync({ 's/Latin/character01/x.png': Uint8Array.of(1, 2, 3) }))
    await expect(omniglotLetters(join(folder, 'bad.zip'))).rejects.toThrow('s/Latin/character01/x.png')
  })

  it('unpacks no more than the limit allows, and of a zip only what is taken', async () => {
    const [latin] = Object.values(files)
    const large = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: '#fff' } })
      .png({ compressionLevel: 0 })
      .toBuffer()
    const path = join(folder, 'large.zip')
    writeFileSync(
      path,
      zipSync({
        's/Latin/character01/1.png': latin,
        's/Latin/character27/1.png': latin,
        's/Greek/character01/1.png': large,
        's/Greek/character02/1.png': large,
        'notes.txt': large,
      }),
    )
    const undo = setLimits({ unpackedBytes: 40_000_000 })
    try {
      expect((await omniglotLetters(path)).classes).toEqual(['a', 'Latin/character27'])
      await expect(omniglotLetters(path, { alphabet: 'Greek' })).rejects.toThrow(
        expect.objectContaining({
          code: 'limit',
          message: expect.stringContaining('what is taken of the archive must have at most 40,000,000 bytes (limit unpackedBytes)'),
        }),
      )
    } finally {
      undo()
    }
  })

  it('passes over what is no image file and says so', async () => {
    const place = join(folder, 'odd', 'A')
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'x.png'), Object.values(files)[0])
    writeFileSync(join(place, 'x.svg'), '<svg/>')
    symlinkSync('y.png', join(place, 'y.png'))
    const warned: string[] = []
    const own = await lettersFrom(join(folder, 'odd'), { progress: { ...silent, warn: (words) => warned.push(words) } })
    expect(own.count).toBe(1)
    expect(warned).toEqual([
      expect.stringContaining('y.png: a link that leads round in a ring'),
      expect.stringContaining('x.svg: SVG drawings are not read'),
    ])
  })

  it.skipIf(!existsSync(omniglot))(
    "brings Omniglot's Latin letters into MNIST's frame with as much ink (skipped without ../shared)",
    async () => {
      const latin = await omniglotLetters(omniglot)
      expect([latin.count, latin.classes.join('')]).toEqual([520, 'abcdefghijklmnopqrstuvwxyz'])
      expect(indicesByClass(latin).every((l) => l.length === 20)).toBe(true)
      expect(meanInk(mnist)).toBeCloseTo(0.133, 2)
      expect(Math.abs(meanInk(latin) - 0.14)).toBeLessThan(0.004)
      texture(latin).forEach((share, i) => expect(Math.abs(share / texture(mnist)[i] - 1)).toBeLessThan(0.1))
    },
  )
})

describe('digits framed again', () => {
  it('show the same, with softer edges', () => {
    const first = subset(
      mnist,
      Array.from({ length: 60 }, (_, i) => i),
    )
    const again = reframed(first)
    expect([...again.labels]).toEqual([...first.labels])
    for (let i = 0; i < first.count; i++) {
      const [a, b] = [imageAt(first, i), imageAt(again, i)]
      const dot = (x: Uint8Array, y: Uint8Array): number => x.reduce((sum, v, p) => sum + v * y[p], 0)
      expect(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)), `digit ${i}`).toBeGreaterThan(0.75)
    }
    expect(texture(again)[1]).toBeLessThan(texture(first)[1] / 2)
    expect(() => reframed(first, { side: 20 })).toThrow('at least 28')
    expect(() => reframed({ ...first, height: 14, width: 56 })).toThrow('28x28x1')
  })
})

describe('pseudo-outliers', () => {
  const made = pseudoOutliers(mnist, { count: 50, seed: 2 })
  it('are as many of each kind, seeded, framed, and no image of the set', () => {
    expect(made.classes).toEqual(outlierKinds)
    expect(indicesByClass(made).map((l) => l.length)).toEqual([10, 10, 10, 10, 10])
    expect(pseudoOutliers(mnist, { count: 50, seed: 2 }).hash).toBe(made.hash)
    expect(pseudoOutliers(mnist, { count: 50, seed: 3 }).hash).not.toBe(made.hash)
    expect(meanInk(made)).toBeGreaterThan(0.09)
    expect(meanInk(made)).toBeLessThan(0.17)
    const known = new Set(Array.from({ length: mnist.count }, (_, i) => imageAt(mnist, i).join()))
    for (let i = 0; i < made.count; i++) expect(known.has(imageAt(made, i).join())).toBe(false)
  })

  it('refuses what it cannot use', () => {
    expect(() => pseudoOutliers(mnist, { count: 0 })).toThrow('above 0')
    expect(() => pseudoOutliers(mnist, { count: 1, kinds: ['half' as 'halves'] })).toThrow('kinds must be among')
  })
})
